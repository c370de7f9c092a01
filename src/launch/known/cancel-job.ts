import { kill } from 'node:process';
import { Fault, messageOf } from '../../base/fault.ts';
import { signalNumber } from '../../base/signal-names.ts';
import { Volume } from '../../contract/volume.ts';
import type { Invocation } from '../../settings/cli/invocation.ts';
import type { JobReference } from '../../settings/verbs/job-reference.ts';
import { awaitEnd } from './await-end.ts';
import { awaitSeal } from './await-seal.ts';
import { findJob } from './known-job.ts';
import { canTakeOver, takeOver } from './take-over.ts';
import { isUnfollowed, unfollowed } from './unfollowed.ts';

/**
 * Asks a launched job to stop, as TERM to its launcher does, and waits until it has.
 *
 * @returns one sentence about its end
 * @throws Fault `usage` if it is not known or has ended
 */
export async function cancelJob(reference: JobReference, invocation: Invocation): Promise<string> {
  const job = findJob(reference);
  const { directory, record, state } = job;
  const { text } = reference;
  if (record.stage === 'ended')
    throw new Fault('usage', `The job ${text} has ended already (${record.exitCode})`);
  if (canTakeOver(job)) return `The job ${text} has ended (${await takeOver(job, invocation, 'stops')})`;
  const { isFollowed, launcher } = directory;
  if (!isFollowed && isUnfollowed(record)) throw unfollowed();
  if (record.stage === 'starting') request(record.root, text);
  // There is nothing to stop yet but the launcher.
  else if (isFollowed && launcher !== null) kill(launcher, 'SIGTERM');
  if (isFollowed) {
    const end = await awaitEnd(state, directory, record.createdAt);
    if (end !== null) return `The job ${text} has ended: ${end.verdict} (${end.exitCode})`;
    if (record.stage !== 'starting') return `The job ${text} was not started`;
  }
  const volume = new Volume(record.root);
  const exitCode = await awaitSeal(volume);
  volume.close();
  const how = exitCode === null ? 'lost' : `exit code ${exitCode}`;
  return `The job ${text} has ended: ${how}; its launcher is gone: launch it again to report it`;
}

function request(root: string, text: string): void {
  try {
    const volume = new Volume(root);
    volume.publish('ctr/main/signal', String(signalNumber('TERM')), 0o666);
    volume.close();
  } catch (cause) {
    throw new Fault('volume', `Cannot ask the job ${text} to stop: ${messageOf(cause)}`, { cause });
  }
}
