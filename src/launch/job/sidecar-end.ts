import { faultStatus } from '../../base/fault.ts';
import type { LaunchedJob } from './launched-job.ts';
import type { OpenMirror } from './open-mirror.ts';

/**
 * Waits for the reporter in the job's pod, once everything was taken from its volume, and shows its messages.
 *
 * @returns whether it has delivered everything
 */
export async function sidecarDelivered(job: LaunchedJob, mirror: OpenMirror | null): Promise<boolean> {
  const { engine, container, screen, settings } = job;
  screen.phase('waiting for the report of the pod');
  await mirror?.received;
  if (job.record.logged === true) await engine.letGo?.(container).catch(() => undefined);
  const end = await engine.reporterEnd?.(container).catch(() => null);
  screen.phase(null);
  // Without destinations, it has printed the report in the pod, and says so.
  const isPlain = settings.sidecar?.size === 0 && end?.exitCode === 0;
  const messages = isPlain ? [] : (end?.messages ?? []);
  for (const line of messages) screen.note(line);
  if (end?.exitCode === 0) return true;
  const how =
    end?.exitCode === faultStatus.delivery
      ? 'has not delivered everything'
      : 'is gone, and nobody knows whether it has reported the job';
  screen.note(`emissary: The reporter in the pod ${how}`);
  return false;
}
