import { Fault, messageOf } from '../../base/fault.ts';
import type { Invocation } from '../../settings/cli/invocation.ts';
import { Interrupted } from '../job/interrupted.ts';
import { leave } from '../launch-job.ts';
import type { StateDirectory } from '../state/state-directory.ts';
import { openRecorded } from './open-recorded.ts';

/**
 * What was kept of a job gives way to the next launch of its ID: on its volume, the new job would be taken for the old.
 *
 * @throws Fault if it cannot be removed; Interrupted
 */
export async function removeKept(state: StateDirectory, key: string, invocation: Invocation): Promise<void> {
  const directory = state.job(key);
  const record = directory.read();
  if (record === null || !record.kept || directory.isFollowed) return;
  const job = await openRecorded(state, record, invocation);
  if (job.record.kept) await leave(job);
  else job.directory.release();
  job.screen.stop();
  if (directory.read()?.kept === true) {
    job.directory.release();
    throw new Fault('volume', `${key} was kept in ${directory.path}, which cannot be removed`);
  }
  if (job.interrupts.status !== null) throw new Interrupted(job.interrupts.status);
}

/** Removes all that was kept. @returns one sentence for each job */
export async function removeAllKept(
  state: StateDirectory,
  invocation: Invocation,
): Promise<readonly string[]> {
  const said: string[] = [];
  for (const { key, isFollowed } of state.jobs().filter((each) => each.read()?.kept === true)) {
    if (isFollowed) continue;
    try {
      await removeKept(state, key, invocation);
      said.push(`${key}: removed; it was kept`);
    } catch (error) {
      if (error instanceof Interrupted) break;
      said.push(`${key}: ${messageOf(error)}`);
    }
  }
  return said;
}
