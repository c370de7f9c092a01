import { type Life, Liveness } from '../contract/liveness.ts';
import type { Volume } from '../contract/volume.ts';
import { readSeal } from '../observe/container-state.ts';
import type { ContainerReport, JobReport } from '../observe/job-report.ts';
import { readSealed } from '../observe/read-sealed.ts';

/**
 * Whether a report of the spool fits what is on the volume. A job may write to a spool on its own volume, and say there
 * what it likes of its end.
 *
 * @param isPatient whether a container that was given up, and has left no trace of its end, is believed to be lost
 * @returns what does not fit, a clause; null when all does
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
    return sealed.exitCode === exitCode ? null : `has ended with ${sealed.exitCode}, not ${exitCode}`;
  }
  if (isLiving) return 'has a wrapper that lives';
  if (verdict === 'lost') return life !== 'unknown' || isPatient ? null : 'was never seen to end';
  if (volume.has(`ctr/${name}/ended`)) return null;
  return 'has left no exit code';
}

function lifeOf(volume: Volume, name: string): Life {
  const liveness = new Liveness(volume, name, () => undefined);
  const life = liveness.look();
  liveness.close();
  return life;
}
