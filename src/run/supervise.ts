import { limits } from '../base/limits.ts';
import { after, type Timer } from '../base/timer.ts';
import type { Reaped } from '../kernel/reap.ts';
import { spawnProcess } from '../kernel/spawn.ts';
import { findCommand, refusedBy } from './find-command.ts';
import { JobProcesses } from './job-processes.ts';
import type { Outcome } from './outcome.ts';
import type { Reaper } from './reaper.ts';
import type { StopCause, StopController } from './stop/stop-controller.ts';
import type { JobStreams } from './streams/job-streams.ts';
import { openStreams } from './streams/open-streams.ts';
import type { Pump } from './streams/pump.ts';
import type { Recorder } from './streams/recorder.ts';

/** The job's command line and environment, as bytes. */
export interface Job {
  readonly args: readonly [Buffer, ...Buffer[]];
  /** `NAME=value` each. */
  readonly environment: readonly Buffer[];
  /** Signals that it starts with ignored. */
  readonly ignored: readonly number[];
}

/** What a run has for all its attempts. */
export interface Supervision {
  readonly recorder: Recorder;
  readonly stopController: StopController;
  readonly reaper: Reaper;
  /** Called with the process id as soon as the job runs. */
  readonly onStart: (pid: number) => void;
  /** Called when the job's process has ended, before its output is drained; must not throw. */
  readonly onEnd: (end: AttemptEnd) => void;
}

/** How one attempt ended, and why it was asked to, if it was. */
export interface AttemptEnd {
  readonly outcome: Outcome;
  readonly cause: StopCause | null;
}

/**
 * Starts the job once and stays with it to its end: passes signals on, keeps its output, takes the verdict when its
 * process ends, and reads what it has still left in the pipes.
 *
 * @returns how it ended, once all of its output is in the files and passed on
 * @throws Fault `supervision` when a pipe, a process or memory cannot be had
 */
export async function supervise(job: Job, run: Supervision): Promise<AttemptEnd> {
  const file = findCommand(job.args[0], variable(job.environment, 'PATH='));
  if (!Buffer.isBuffer(file)) return { outcome: file, cause: null };
  const streams = await openStreams();
  try {
    const spawned = spawnProcess({ ...job, ...streams, file });
    if ('errno' in spawned) return { outcome: refusedBy(file, spawned.errno), cause: null };
    return await attend(spawned.pid, streams, run);
  } finally {
    streams.end();
  }
}

async function attend(pid: number, streams: JobStreams, run: Supervision): Promise<AttemptEnd> {
  let known: AttemptEnd | null = null;
  // In the same breath: a signal or a time that comes next is no longer about this process.
  const end = (outcome: Outcome): AttemptEnd => {
    if (known !== null) return known;
    known = { outcome, cause: run.stopController.detach() };
    run.onEnd(known);
    return known;
  };
  const ended = run.reaper.ended(pid, (reaped) => end(outcomeOf(reaped)));
  const processes = new JobProcesses(pid, run.reaper);
  run.stopController.attach({
    send: (signal) => {
      if (!streams.takes(signal)) processes.send(signal);
    },
    killAll: () => processes.killAll(),
  });
  run.onStart(pid);
  const pumps = streams.begin(run.recorder);
  const found = await Promise.race([ended, processes.beyondReach.then(() => end({ kind: 'leftRunning' }))]);
  for (const pump of pumps) pump.finish();
  await drain(pumps, run);
  return found;
}

/**
 * Resolves when all output is in the files and passed on. A run that was asked to end does not wait for ever for a
 * reader that has stalled: its files are complete, and they are what is reported.
 */
async function drain(pumps: readonly Pump[], run: Supervision): Promise<void> {
  const { cancelled } = run.stopController;
  let patience: Timer | null = null;
  const losePatience = () => {
    patience = after(limits.stalledReaderMs, () => run.recorder.abandonReaders());
  };
  if (cancelled.aborted) losePatience();
  else cancelled.addEventListener('abort', losePatience);
  await Promise.all(pumps.map((pump) => pump.ended));
  cancelled.removeEventListener('abort', losePatience);
  (patience as Timer | null)?.cancel();
}

function outcomeOf(end: Reaped): Outcome {
  if (end.end.kind === 'exited') return { kind: 'exited', code: end.end.code };
  return { kind: 'signaled', signal: end.end.signal };
}

function variable(environment: readonly Buffer[], prefix: string): Buffer | null {
  const entry = environment.find((candidate) => candidate.toString('latin1', 0, prefix.length) === prefix);
  return entry === undefined ? null : entry.subarray(prefix.length);
}
