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

/** The job's argv and environment, as bytes. */
export interface Job {
  readonly args: readonly [Buffer, ...Buffer[]];
  /** `NAME=value` each. */
  readonly environment: readonly Buffer[];
  /** Signals that are ignored at its start. */
  readonly ignored: readonly number[];
  /** It has no network but its own loopback interface. */
  readonly isolated: boolean;
}

/** What all attempts of a run share. */
export interface Supervision {
  readonly recorder: Recorder;
  readonly stopController: StopController;
  readonly reaper: Reaper;
  /** Called with the process id as soon as the job runs. */
  readonly onStart: (pid: number) => void;
  /** Called when the job's process has exited, before its output is drained; must not throw. */
  readonly onEnd: (end: AttemptEnd) => void;
}

/** How one attempt ended, and why it was stopped, if it was. */
export interface AttemptEnd {
  readonly outcome: Outcome;
  readonly cause: StopCause | null;
}

/**
 * Runs the job once: forwards signals, captures its output, takes the outcome when its process exits, and drains the
 * pipes.
 *
 * @returns how it ended, once all of its output is captured and forwarded
 * @throws Fault `supervision` if a pipe, a process or memory cannot be allocated
 */
export async function supervise(job: Job, run: Supervision): Promise<AttemptEnd> {
  const file = findCommand(job.args[0], variable(job.environment, 'PATH='));
  if (!Buffer.isBuffer(file)) return { outcome: file, cause: null };
  const start = job.isolated ? (await import('./start-isolated.ts')).startIsolated : spawnProcess;
  const streams = await openStreams(run.recorder.captures);
  try {
    const spawned = start({ ...job, ...streams, file });
    if ('errno' in spawned) return { outcome: refusedBy(file, spawned.errno), cause: null };
    return await attend(spawned.pid, streams, run);
  } finally {
    streams.end();
  }
}

async function attend(pid: number, streams: JobStreams, run: Supervision): Promise<AttemptEnd> {
  let known: AttemptEnd | null = null;
  // Detach in the same tick: a later signal or timeout no longer concerns this process.
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
      if (!streams.handles(signal)) processes.send(signal);
    },
    killAll: () => processes.killAll(),
  });
  run.onStart(pid);
  const pumps = streams.begin(run.recorder);
  setImmediate(() => processes.prepare());
  const rest = after(limits.restMs, () => void comeToRest(processes));
  const found = await Promise.race([ended, processes.unkillable.then(() => end({ kind: 'leftRunning' }))]);
  rest.cancel();
  for (const pump of pumps) pump.finish();
  await drain(pumps, run);
  return found;
}

/** The job lasts: gives back the memory that only the start needed. */
async function comeToRest(processes: JobProcesses): Promise<void> {
  const { releaseCode } = await import('../kernel/release-code.ts');
  releaseCode();
  processes.prepare();
}

/**
 * Resolves when all output is captured and forwarded. A stopped run waits only so long for a stalled reader: the
 * captured files are complete, and they are what is reported.
 */
async function drain(pumps: readonly Pump[], run: Supervision): Promise<void> {
  const { cancelled } = run.stopController;
  let patience: Timer | null = null;
  const limitWait = () => {
    patience = after(limits.stalledReaderMs, () => run.recorder.abandonReaders());
  };
  if (cancelled.aborted) limitWait();
  else cancelled.addEventListener('abort', limitWait);
  await Promise.all(pumps.map((pump) => pump.ended));
  cancelled.removeEventListener('abort', limitWait);
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
