import { log } from '../base/log.ts';
import { Liveness } from '../contract/liveness.ts';
import type { Volume } from '../contract/volume.ts';
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
import { stopReasonOf } from './job-stop.ts';

/** Whether the record of a container is a guess, or half of what there may be: a seal that comes after all corrects it. */
function isProvisional({ result, verdict, doubt }: ContainerReport): boolean {
  return doubt !== null || (verdict === 'lost' && result === null);
}

/** Whether anything of a report may be corrected yet. */
export function mayBeCorrected({ containers }: JobReport): boolean {
  return containers.some(isProvisional);
}

/**
 * Looks again at the containers whose record is a guess. What is known better now is kept, and said.
 * @returns the corrected report, or null when nothing has changed
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
    log(`More is known of container ${name} now: it ended with ${exitCode} (${verdict})`);
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

/** What the volume says now, or null where that is no more than is known already. */
async function stateNow(volume: Volume, { name, result }: ContainerReport): Promise<ContainerState | null> {
  const liveness = new Liveness(volume, name, () => undefined);
  const life = liveness.look();
  liveness.close();
  // Its last word comes when it is gone.
  if (life === 'living' && result !== null) return null;
  const seal = readSeal(volume, name);
  const isReadable =
    seal.kind === 'valid' || (seal.kind === 'unreadable' && seal.passes === 'perhaps' && result === null);
  if (isReadable && life !== 'living') return readSealed(volume, name, seal);
  const started = await readStarted(volume, name);
  const ended = await readEnded(volume, name, started);
  if (ended === null || result !== null) return null;
  return life === 'living' ? { kind: 'saving', started, ended } : lostState(name, started, ended);
}
