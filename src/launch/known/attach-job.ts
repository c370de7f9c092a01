import { join } from 'node:path';
import { stderr, stdout } from 'node:process';
import { Fault } from '../../base/fault.ts';
import { lostExitCode } from '../../contract/records.ts';
import { Volume } from '../../contract/volume.ts';
import { waitForFile } from '../../contract/wait-for-file.ts';
import type { Invocation } from '../../settings/cli/invocation.ts';
import type { JobReference } from '../../settings/verbs/job-reference.ts';
import { OutputFollower } from '../job/output-follower.ts';
import { hasRun } from '../job/start-container.ts';
import { Screen } from '../progress/screen.ts';
import { awaitEnd } from './await-end.ts';
import { awaitSeal } from './await-seal.ts';
import { findJob, type KnownJob } from './known-job.ts';
import { canTakeOver, takeOver } from './take-over.ts';
import { isUnfollowed, unfollowed } from './unfollowed.ts';

/**
 * Follows a launched job to its end.
 *
 * @returns its exit code
 * @throws Fault `usage` if it is not known; `volume` if it was not started yet
 */
export async function attachJob(reference: JobReference, invocation: Invocation): Promise<number> {
  const job = findJob(reference);
  if (canTakeOver(job)) return takeOver(job, invocation, 'shows');
  const screen = new Screen(`${job.record.root}/progress`, reference.quiet);
  try {
    return await follow(job, reference, screen);
  } finally {
    screen.stop();
    await screen.flush();
  }
}

async function follow(job: KnownJob, { fromNow, text }: JobReference, screen: Screen): Promise<number> {
  const over = new AbortController();
  const following = openVolume(job, over.signal).then((volume) => {
    if (volume === null) return null;
    const follower = new OutputFollower(
      volume,
      (stream, piece) => screen.forward(stream === 'stdout' ? stdout : stderr, piece),
      fromNow ? 'now' : 'start',
    );
    follower.start();
    return follower;
  });
  const exitCode = await exitCodeOf(job);
  over.abort();
  await (await following)?.finish();
  if (exitCode !== null) return exitCode;
  screen.note(
    `emissary: The job ${text} is lost: its launcher and its wrapper are gone; launch it again to report it`,
  );
  return lostExitCode;
}

/**
 * The volume, as soon as there is something to follow: a mirror comes a little later than its job. An open one can be read to
 * its end when its job was finished and removed. Null if that was before.
 */
async function openVolume({ record, directory }: KnownJob, signal: AbortSignal): Promise<Volume | null> {
  const { root } = record;
  const steps = [...(root === directory.volume ? [root] : []), join(root, 'ctr'), join(root, 'ctr/main')];
  try {
    for (const step of steps) await waitForFile(step, signal);
    return new Volume(root);
  } catch {
    return null;
  }
}

async function exitCodeOf({ state, directory, record }: KnownJob): Promise<number | null> {
  if (record.stage === 'ended') return record.exitCode;
  if (directory.isFollowed) {
    const end = await awaitEnd(state, directory, record.createdAt);
    if (end !== null) return end.exitCode;
  }
  if (isUnfollowed(record)) throw unfollowed();
  if (hasRun(record.root)) return sealedCode(record.root);
  if (record.stage === 'starting') return null;
  throw new Fault('volume', 'The job was not started: its launcher was killed before that; launch it again');
}

async function sealedCode(root: string): Promise<number | null> {
  const volume = new Volume(root);
  try {
    return await awaitSeal(volume);
  } finally {
    volume.close();
  }
}
