import type { Volume } from '../../contract/volume.ts';
import type { LaunchedJob } from './launched-job.ts';
import type { OpenMirror } from './open-mirror.ts';

/**
 * Where the engine forbids to receive more of a job that was followed before, nothing of it is given up: the launcher tells that,
 * and ends before its job. What was sealed before is reported.
 *
 * @param mirror null: the volume is here
 * @returns resolves when the launcher is to end before its job
 */
export async function cutOff(job: LaunchedJob, volume: Volume, mirror: OpenMirror | null): Promise<'left'> {
  const reason = await (mirror?.forbidden ?? never);
  if (volume.has('ctr/main/exitcode')) return never;
  const state = await job.engine.look(job.container).catch(() => null);
  const ended = state?.kind === 'ended' || state?.kind === 'absent';
  job.screen.note(
    `emissary: The job's volume cannot be reached: ${reason}; ` +
      `${ended ? 'the job has ended, and its reporter holds the results for a while' : 'the job runs on'}; ` +
      'once that is allowed, launch it again, or run multiflexi-emissary list --clean',
    'warning',
  );
  return 'left';
}

const never = new Promise<never>(() => undefined);
