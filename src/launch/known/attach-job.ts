import { stderr, stdout } from 'node:process';
import { Fault } from '../../base/fault.ts';
import { lostExitCode } from '../../contract/records.ts';
import { Volume } from '../../contract/volume.ts';
import type { JobReference } from '../../settings/cli/job-reference.ts';
import { OutputFollower } from '../job/output-follower.ts';
import { Screen } from '../progress/screen.ts';
import { awaitEnd } from './await-end.ts';
import { awaitSeal } from './await-seal.ts';
import { findJob, type KnownJob } from './known-job.ts';

/**
 * Follows a launched job to its end.
 *
 * @returns its exit code
 * @throws Fault `usage` if it is not known; `volume` if it was not started yet
 */
export async function attachJob(reference: JobReference): Promise<number> {
  const job = findJob(reference);
  const screen = new Screen(`${job.record.root}/progress`, reference.quiet);
  try {
    return await follow(job, reference, screen);
  } finally {
    screen.stop();
    await screen.flush();
  }
}

async function follow(job: KnownJob, { fromNow, text }: JobReference, screen: Screen): Promise<number> {
  const volume = openVolume(job);
  const follower =
    volume === null
      ? null
      : new OutputFollower(
          volume,
          (stream, piece) => screen.forward(stream === 'stdout' ? stdout : stderr, piece),
          fromNow ? 'now' : 'start',
        );
  follower?.start();
  const exitCode = await exitCodeOf(job, volume);
  await follower?.finish();
  if (exitCode !== null) return exitCode;
  screen.note(
    `emissary: The job ${text} is lost: its launcher and its wrapper are gone; launch it again to report it`,
  );
  return lostExitCode;
}

/** Null if the job was finished, and its volume removed; an open one can be read to its end all the same. */
function openVolume({ record }: KnownJob): Volume | null {
  try {
    return new Volume(record.root);
  } catch {
    return null;
  }
}

async function exitCodeOf(
  { state, directory, record }: KnownJob,
  volume: Volume | null,
): Promise<number | null> {
  if (record.stage === 'ended') return record.exitCode;
  if (directory.isFollowed) {
    const end = await awaitEnd(state, directory, record.createdAt);
    if (end !== null) return end.exitCode;
  }
  if (volume?.has('ctr/main') === true) return awaitSeal(volume);
  if (record.stage === 'starting') return null;
  throw new Fault('volume', 'The job was not started: its launcher was killed before that; launch it again');
}
