import { displace } from '../base/displace.ts';
import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import { programName } from '../base/program-name.ts';
import { readOnVolume } from '../base/read-regular.ts';
import { afterRunning, pause } from '../base/timer.ts';
import { publish } from '../contract/publish.ts';
import { type Paused, parseExitCode } from '../contract/records.ts';
import { waitForFile } from '../contract/wait-for-file.ts';
import { restoreDirectory } from './open-container.ts';
import type { Run } from './open-run.ts';
import { exitCodeOf } from './outcome.ts';
import type { AttemptEnd } from './supervise.ts';
import { verdictOf } from './verdict.ts';

/**
 * Holds a job that failed by itself, so that a person can look into its container, until `resume` says how to go on, the
 * time is over, or the run is stopped.
 *
 * @returns the exit code that the person decided; null: the job's own stands
 */
export async function failurePause(run: Run, end: AttemptEnd, ms: number): Promise<number | null> {
  const { stopController, container } = run;
  if (stopController.cause !== null || verdictOf(end, stopController) !== 'failed') return null;
  run.watch();
  restoreDirectory(container.directory);
  // What was there before cannot be a decision about this failure.
  displace(container.resume);
  const over = new AbortController();
  const timer = afterRunning(ms, () => {
    log(`nobody resumed container ${container.name} in time; it goes on`, 'info');
    over.abort();
  });
  stopController.cancelled.addEventListener('abort', () => over.abort());
  const exitCode = exitCodeOf(end.outcome);
  const paused: Paused = { exitCode, until: new Date(Date.now() + ms).toISOString() };
  publish(container.paused, JSON.stringify(paused));
  log(
    `paused: the job failed with ${exitCode}; to continue: ${programName} resume ${container.name}`,
    'info',
  );
  try {
    return await decision(container.resume, over.signal);
  } finally {
    timer.cancel();
    displace(container.paused);
  }
}

async function decision(path: string, signal: AbortSignal): Promise<number | null> {
  for (;;) {
    await waitForFile(path, signal);
    if (signal.aborted) return null;
    // A shell makes the file before it writes to it.
    if (read(path)?.length === 0) await pause(limits.emptyRequestMs, signal);
    const bytes = read(path);
    if (bytes?.toString().trim() === '') return null;
    const exitCode = bytes === null ? null : parseExitCode(bytes);
    if (exitCode !== null) {
      log(`a person decided the exit code ${exitCode}`, 'info');
      return exitCode;
    }
    log(`ignoring ${path}: it is not an exit code (0 to 255)`);
    displace(path);
  }
}

/** Null if it is not a small file. */
function read(path: string): Buffer | null {
  try {
    return readOnVolume(path, limits.exitCodeBytes);
  } catch {
    return null; // Whatever it is, it is no decision: the caller says so.
  }
}
