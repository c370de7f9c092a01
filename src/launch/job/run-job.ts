import { existsSync } from 'node:fs';
import { stderr, stdout } from 'node:process';
import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { pauseFor } from '../../base/timer.ts';
import { Volume } from '../../contract/volume.ts';
import type { JobReport } from '../../observe/job-report.ts';
import type { ContainerEnd } from '../engine.ts';
import { beginAttempt } from './begin-attempt.ts';
import { cutOff } from './cut-off.ts';
import { LeftJob } from './interrupted.ts';
import type { LaunchedJob } from './launched-job.ts';
import { obeyInterrupts } from './obey-interrupts.ts';
import { type OpenMirror, openMirror } from './open-mirror.ts';
import { OutputFollower } from './output-follower.ts';
import { Reporter, type ReporterEnd } from './reporter.ts';
import { sidecarDelivered } from './sidecar-end.ts';
import { startContainer } from './start-container.ts';

/** How a launched job and its reporting ended. */
export interface JobEnd {
  /** Null where nobody knows: the reporter was killed. */
  readonly report: JobReport | null;
  readonly delivered: boolean;
}

/**
 * Starts the job, unless an earlier launcher has, and follows it to its end: its output to ours, its end to the
 * reporter.
 *
 * @throws Fault if it could not be started; Interrupted if it was stopped before
 */
export async function runJob(job: LaunchedJob, start: 'starts' | 'has started' = 'starts'): Promise<JobEnd> {
  const { screen, settings, engine } = job;
  const isKnown = start === 'has started' || job.record.stage === 'starting';
  const reporter = new Reporter({
    program: job.program,
    root: job.root,
    spool: job.directory.spool,
    // A reporter in the pod puts what it names.
    template: job.record.sidecar === true ? '' : job.directory.template,
    environment: settings.reporterEnvironment,
    args: reporterTimes(job),
    relay: (line) => screen.relay(line),
  });
  let reported: Promise<ReporterEnd> | null = null;
  const report = () => {
    reported ??= reporter.run();
  };
  try {
    // While the engine starts the job, the reporter gets ready; a mirror has to begin first.
    if (start === 'starts') await startContainer(job, engine.openSender === null ? report : () => undefined);
  } catch (error) {
    reporter.kill();
    await reported;
    throw error;
  }
  screen.phase(null);
  await beginAttempt(job);
  const isMirrored = engine.openSender !== null && job.record.logged !== true;
  const mirror = isMirrored
    ? await openMirror(job, engine.openSender, isKnown ? 'has started' : 'starts')
    : null;
  report();
  return follow(job, reporter, { reported: reported ?? reporter.run(), mirror });
}

/** Forwards the output of a job that has ended. @throws if its volume is gone, or a part of it */
export async function showOutput(job: LaunchedJob): Promise<void> {
  const volume = new Volume(job.root);
  await followerOf(job, volume).finish();
  volume.close();
}

function followerOf({ screen }: LaunchedJob, volume: Volume): OutputFollower {
  return new OutputFollower(volume, (stream, piece) =>
    screen.forward(stream === 'stdout' ? stdout : stderr, piece),
  );
}

async function follow(
  job: LaunchedJob,
  reporter: Reporter,
  { reported, mirror }: { readonly reported: Promise<ReporterEnd>; readonly mirror: OpenMirror | null },
): Promise<JobEnd> {
  const volume = new Volume(job.root);
  const follower = followerOf(job, volume);
  follower.start();
  const left = obeyInterrupts(job, volume, reporter);
  const watching = new AbortController();
  const container = watchContainer(job, volume, reporter, watching.signal);
  const ended = await Promise.race([beside(job, reported, mirror), left, cutOff(job, volume, mirror)]);
  watching.abort();
  await mirror?.close();
  if (ended === 'left') throw new LeftJob();
  await follower.finish();
  volume.close();
  const neverRan = await container;
  if (neverRan !== null) throw neverRan;
  return ended;
}

/** What the reporter here says, and the one in the pod, where there is one. */
async function beside(
  job: LaunchedJob,
  reported: Promise<ReporterEnd>,
  mirror: OpenMirror | null,
): Promise<ReporterEnd> {
  const end = await reported;
  // What never ran is never reported by anybody.
  if (job.record.sidecar !== true || end.report === null) return end;
  return { ...end, delivered: (await sidecarDelivered(job, mirror)) && end.delivered };
}

/**
 * The job's end is its seal. A container that ends before the emissary in it did anything is never sealed: that only its
 * engine knows. @returns null if the emissary has started
 */
async function watchContainer(
  job: LaunchedJob,
  volume: Volume,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Fault | null> {
  let end: ContainerEnd;
  try {
    end = await job.engine.ended(job.container, signal);
  } catch {
    return null;
  }
  // The job has removed its own volume: it has run, and the reporter finds it lost.
  if (!existsSync(job.root)) return null;
  // A mirror is a little behind.
  if (await hasTrace(volume, job.engine.openSender === null ? 0 : limits.mirrorBehindMs)) return null;
  const neverRan = await describeFailedStart(job, end);
  reporter.kill();
  return neverRan;
}

async function describeFailedStart(job: LaunchedJob, end: ContainerEnd): Promise<Fault> {
  const said = (await job.engine.messages(job.container)).trim().split('\n').slice(-3).join('; ');
  const how = end.reason ?? `it exited with ${end.exitCode ?? 'an unknown code'}`;
  return new Fault(
    'engine',
    `The container ended before the emissary started in it: ${how}${said === '' ? '' : `: ${said}`}`,
  );
}

/** The reporter's own limit, in case the wrapper's fails. */
function reporterTimes({ settings }: LaunchedJob): readonly string[] {
  const { timeoutSeconds, graceSeconds } = settings;
  return [
    ...(timeoutSeconds === null
      ? []
      : ['--timeout', String(Number(timeoutSeconds) + limits.launchTimeoutSlack)]),
    ...(graceSeconds === null ? [] : ['--grace', graceSeconds]),
  ];
}

/** Whether the emissary has left a trace on the volume, now or within this time. */
async function hasTrace(volume: Volume, withinMs: number): Promise<boolean> {
  const names = ['alive', 'started', 'exitcode'];
  for (const end = performance.now() + withinMs; ; ) {
    if (names.some((name) => volume.has(`ctr/main/${name}`))) return true;
    if (performance.now() >= end) return false;
    await pauseFor(limits.mirrorLookMs);
  }
}
