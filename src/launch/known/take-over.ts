import { kill, pid } from 'node:process';
import { Fault } from '../../base/fault.ts';
import type { Invocation } from '../../settings/cli/invocation.ts';
import { Interrupted } from '../job/interrupted.ts';
import { launchJob } from '../launch-job.ts';
import type { KnownJob } from './known-job.ts';
import { openRecorded } from './open-recorded.ts';
import { isUnfollowed } from './unfollowed.ts';

/** Whether a job whose launcher is gone runs on by itself, so that anybody may follow it to its end. */
export function canTakeOver({ record, directory }: KnownJob): boolean {
  return record.via === 'operator' && !directory.isFollowed && isUnfollowed(record);
}

/**
 * Takes the place of a launcher that is gone: the job is followed to its end, its results are taken, and it is removed.
 *
 * @param how `shows`: its output, and signals end only this process; `stops`: asks it to stop
 * @returns its exit code
 */
export async function takeOver(
  { state, record }: KnownJob,
  invocation: Invocation,
  how: 'shows' | 'stops',
): Promise<number> {
  const job = await openRecorded(state, record, invocation, how === 'shows' ? 'follow' : 'finish');
  const now = await job.engine.look(job.container);
  if (now.kind === 'created' && now.isRequested !== true) {
    job.directory.release();
    throw new Fault(
      'volume',
      'The job was not started: its launcher was killed before that; launch it again',
    );
  }
  // As if it had come to the launcher.
  if (how === 'stops') kill(pid, 'SIGTERM');
  try {
    return await launchJob(job);
  } catch (error) {
    if (error instanceof Interrupted) return error.status;
    throw error;
  } finally {
    job.screen.stop();
    await job.screen.flush();
  }
}
