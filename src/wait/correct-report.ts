import { log } from '../base/log.ts';
import type { Volume } from '../contract/volume.ts';
import { WrapperLiveness } from '../contract/wrapper-liveness.ts';
import {
  type ContainerState,
  lostState,
  readEnded,
  readSeal,
  readStarted,
} from '../observe/container-state.ts';
import {
  type ContainerReport,
  concludeContainers,
  type JobReport,
  reportContainer,
} from '../observe/job-report.ts';
import { readSealed } from '../observe/read-sealed.ts';
import { reportRecord } from '../report/spool/find-report.ts';
import type { Spool } from '../report/spool/spool.ts';
import { stopReasonOf } from './stop-record.ts';

/** Whether the record of a container is a guess or incomplete: a seal that appears later corrects it. */
function isProvisional({ result, verdict, doubt }: ContainerReport): boolean {
  return doubt !== null || (verdict === 'lost' && result === null);
}

/** Whether any part of a report may still be corrected. */
export function mayBeCorrected({ containers }: JobReport): boolean {
  return containers.some(isProvisional);
}

/**
 * Reads the containers whose record is a guess again. Corrections are kept and logged.
 * @returns the corrected report, or null if nothing has changed
 */
export async function correctReport(spool: Spool, report: JobReport): Promise<JobReport | null> {
  if (!mayBeCorrected(report)) return null;
  const stopped = stopReasonOf(spool);
  const containers = await Promise.all(
    report.containers.map(async (container) => {
      const state = isProvisional(container) ? await stateNow(spool.volume, container) : null;
      return state === null ? container : reportContainer(container.name, state, stopped);
    }),
  );
  const corrected = containers.filter((container, index) => differs(container, report.containers[index]));
  if (corrected.length === 0) return null;
  for (const { name, exitCode, verdict } of corrected)
    log(`Corrected the report of container ${name}: it exited with ${exitCode} (${verdict})`, 'info');
  const fresh = concludeContainers(report.jobId, containers, report.started);
  spool.writeRecord(reportRecord, fresh);
  return fresh;
}

function differs(now: ContainerReport, before: ContainerReport | undefined): boolean {
  return (
    now.exitCode !== before?.exitCode ||
    now.verdict !== before.verdict ||
    (now.doubt === null) !== (before.doubt === null) ||
    (now.result === null) !== (before.result === null)
  );
}

/** The state on the volume now; null if it adds nothing to what is known. */
async function stateNow(volume: Volume, { name, result }: ContainerReport): Promise<ContainerState | null> {
  const liveness = new WrapperLiveness(volume, name, () => undefined);
  const life = liveness.look();
  liveness.close();
  // Its record is final only when it is gone.
  if (life === 'living' && result !== null) return null;
  const seal = readSeal(volume, name);
  const isReadable =
    seal.kind === 'valid' || (seal.kind === 'unreadable' && seal.retry === 'perhaps' && result === null);
  if (isReadable && life !== 'living') return readSealed(volume, name, seal);
  const started = await readStarted(volume, name);
  const ended = await readEnded(volume, name, started);
  if (ended === null || result !== null) return null;
  return life === 'living' ? { kind: 'saving', started, ended } : lostState(name, started, ended);
}
