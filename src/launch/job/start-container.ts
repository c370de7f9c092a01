import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { Fault, messageOf } from '../../base/fault.ts';
import { makeDirectories } from '../../base/make-directories.ts';
import { after } from '../../base/timer.ts';
import { publish } from '../../contract/publish.ts';
import { Volume } from '../../contract/volume.ts';
import { type PodContents, templateKey } from '../../pod/pod-contents.ts';
import type { LaunchSettings } from '../../settings/verbs/launch-settings.ts';
import type { ContainerState, StartLimits } from '../engine.ts';
import { NeverStarted } from '../never-started.ts';
import { factsOf, tellEvents } from './engine-facts.ts';
import { Interrupted, LeftJob } from './interrupted.ts';
import type { LaunchedJob } from './launched-job.ts';
import { prepareVolume } from './prepare-volume.ts';

/**
 * Brings the job to its start, from wherever an earlier launcher was killed: every stage can be repeated, and the
 * container is started once.
 *
 * @param onCreated called when the container is there, and the job is about to start
 * @throws Fault `engine`, `volume`, `inputs`; Interrupted; LeftJob
 */
export async function startContainer(job: LaunchedJob, onCreated: () => void): Promise<void> {
  const { stage } = job.record;
  if (stage === 'creating') await removeUnstarted(job);
  const cancel = new AbortController();
  // A signal does not stop the start itself: the job may run already, and gets it then.
  const tooLate = new AbortController();
  const { startTimeoutMs } = job.settings;
  const late = after(startTimeoutMs, () => {
    const reason = new StartTimeout(startTimeoutMs, job.screen.current);
    tooLate.abort(reason);
    cancel.abort(reason);
  });
  const left = new Promise<never>((_, reject) => {
    job.interrupts.listen((wish) => {
      if (job.settings.onTerm !== 'leave') cancel.abort(new Interrupted(job.interrupts.status ?? 143));
      // An engine that does not answer must not hold whoever gives up; the next launch removes what it makes.
      if (wish === 'give up' || job.settings.onTerm === 'leave') reject(new LeftJob());
    });
  });
  try {
    const unmade = (hasFailed: boolean) => job.advance(hasFailed ? 'creating' : 'starting');
    const ends = { cancel: cancel.signal, tooLate: tooLate.signal, unmade };
    const starting = stage === 'starting' ? startAgain(job, ends) : createAndStart(job, onCreated, ends);
    await Promise.race([left, starting]);
  } finally {
    late.cancel();
  }
}

async function createAndStart(job: LaunchedJob, onCreated: () => void, ends: StartLimits): Promise<void> {
  const signal = ends.cancel;
  try {
    job.advance('creating');
    if (job.container.pod !== null) keepTemplate(job, job.container.pod);
    const made = job.engine.makesVolume ? Promise.resolve() : prepare(job);
    // A volume that is elsewhere is filled with what is made here.
    if (job.engine.openSender !== null) await made;
    // Both fail for reasons of their own: the first one counts, and the other is waited for.
    const done = await Promise.allSettled([made, job.engine.create(job.container, phaseOf(job), signal)]);
    const failed = done.find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    if (signal.aborted) throw signal.reason;
    job.advance('starting');
    onCreated();
    job.screen.phase('starting the container');
    await job.engine.start(job.container, phaseOf(job), ends);
    job.settle();
  } catch (error) {
    const cause = signal.aborted ? signal.reason : error;
    // Any other failure has its reason in its own sentence.
    if (cause instanceof StartTimeout || cause instanceof NeverStarted) tellEvents(job, await factsOf(job));
    await job.engine.remove(job.container).catch(() => undefined);
    throw cause;
  }
}

/** An engine may look for it before `init` has made it. */
function makeRoot({ container }: LaunchedJob): void {
  const root = container.places.volume;
  try {
    makeDirectories(root);
  } catch (cause) {
    throw new Fault('volume', `Cannot make the job's volume ${root}: ${messageOf(cause)}`, { cause });
  }
}

/** Shows what the engine is waiting for. */
function phaseOf(job: LaunchedJob): (text: string) => void {
  return (text) => job.waitsFor(text);
}

async function prepare(job: LaunchedJob): Promise<void> {
  makeRoot(job);
  const { settings, plan } = job;
  await prepareVolume({
    program: job.program,
    root: job.container.places.volume,
    template:
      plan.template !== null
        ? { json: plan.template }
        : settings.template !== null
          ? { file: settings.template }
          : null,
    environment: initVariables(settings),
    note: (line) => job.screen.note(line, 'warning'),
  });
  const template = join(job.container.places.volume, 'template');
  // The reporter has credentials for the stores that it names.
  if (existsSync(template)) copyFileSync(template, job.directory.template);
}

/** For the reporter here: it puts nothing to stores that only the volume names, which the job can write to. */
function keepTemplate({ directory }: LaunchedJob, { stores, template, secrets }: PodContents): void {
  if (stores.puts) publish(directory.template, template ?? secrets.init[templateKey] ?? '{}', 0o600);
}

/** The trace, a template, proxies, and where clients of stores and git look for logins, identities and authorities. */
const forInit =
  /^(?:TRACEPARENT|PATH|(?:EMISSARY|ARGO)_TEMPLATE|(?:HTTPS?|NO)_PROXY|(?:https?|no|all)_proxy|REQUEST_METHOD|HOME|CLOUDSDK_CONFIG|GCE_METADATA_HOST|(?:IDENTITY|MSI|SSL_CERT|GIT_SSL)_\w+)$/;

/** `init` runs here, not in the job's container: files and machines of this host are there. */
function initVariables({ engine, nativeEnvironment, storeVariables }: LaunchSettings) {
  const own = Object.entries(nativeEnvironment).filter(
    ([name, value]) => engine === 'native' || (value !== '' && forInit.test(name)),
  );
  return { ...Object.fromEntries(own), ...storeVariables };
}

/** A launcher was killed between requesting the start and the end. */
async function startAgain(job: LaunchedJob, ends: StartLimits): Promise<void> {
  const state = await lookAgain(job);
  const hasEnded = job.record.elsewhere && state.kind === 'ended';
  if (state.kind === 'running' || hasEnded || hasRun(job.root)) {
    job.screen.note('emissary: The job was launched before; following it');
    return;
  }
  // Of two wrappers on one volume, the second is refused: a process that is just starting is not doubled.
  if (state.kind === 'created' || job.record.engine === 'native')
    return job.engine.start(job.container, phaseOf(job), ends);
  await removeUnstarted(job);
  throw new Fault(
    'engine',
    'An earlier launch of this job was killed while it started it, and left no trace of it; launch it again',
  );
}

/** While nobody can tell whether the job runs, it is left as it is: whoever removed it might end a job that runs. */
async function lookAgain(job: LaunchedJob): Promise<ContainerState> {
  try {
    return await job.engine.look(job.container);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const advice = 'the job is left as it is; launch it again to follow it';
    job.screen.note(`emissary: ${error.message}; ${advice}`, 'warning');
    throw new LeftJob();
  }
}

async function removeUnstarted(job: LaunchedJob): Promise<void> {
  await job.engine.remove(job.container);
}

class StartTimeout extends Fault {
  constructor(ms: number, phase: string | null) {
    super('engine', `The job did not start within ${ms / 1000} s${phase === null ? '' : `: still ${phase}`}`);
  }
}

/** Whether the emissary of the job has ever started: then the job may have. */
export function hasRun(root: string): boolean {
  try {
    const volume = new Volume(root);
    const found = ['alive', 'started', 'exitcode'].some((name) => volume.has(`ctr/main/${name}`));
    volume.close();
    return found;
  } catch {
    return false;
  }
}
