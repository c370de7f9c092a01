import type { Volume } from '../contract/volume.ts';
import { type Life, WrapperLiveness } from '../contract/wrapper-liveness.ts';
import { readSeal } from '../observe/container-state.ts';
import type { ContainerReport, JobReport } from '../observe/job-report.ts';
import { readSealed } from '../observe/read-sealed.ts';

/**
 * Compares a report of the spool with the volume. A job can write to a spool on its own volume, and so forge its own end.
 *
 * @param isPatient whether a container that was given up and left no trace of its end may count as lost
 * @returns what does not fit, a clause; null if everything does
 */
export async function contradictionOf(
  report: JobReport,
  volume: Volume,
  isPatient: boolean,
): Promise<string | null> {
  for (const container of report.containers) {
    const found = await contradictionOfOne(container, volume, isPatient);
    if (found !== null) return `container ${container.name} ${found}`;
  }
  return null;
}

async function contradictionOfOne(
  { name, verdict, exitCode }: ContainerReport,
  volume: Volume,
  isPatient: boolean,
): Promise<string | null> {
  const life = lifeOf(volume, name);
  const isLiving = life === 'living';
  const seal = readSeal(volume, name);
  if (seal.kind === 'valid' || (seal.kind === 'garbage' && !isLiving)) {
    const sealed = await readSealed(volume, name, seal);
    return sealed.exitCode === exitCode ? null : `exited with ${sealed.exitCode}, not ${exitCode}`;
  }
  if (isLiving) return 'still has a live wrapper';
  if (verdict === 'lost') return life !== 'unknown' || isPatient ? null : 'was never seen to exit';
  if (volume.has(`ctr/${name}/ended`)) return null;
  return 'left no exit code';
}

function lifeOf(volume: Volume, name: string): Life {
  const liveness = new WrapperLiveness(volume, name, () => undefined);
  const life = liveness.look();
  liveness.close();
  return life;
}
