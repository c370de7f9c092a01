import { readFileSync } from 'node:fs';
import { errnoOf, Fault, sentenceOf } from '../base/fault.ts';
import { say } from '../base/log.ts';
import { after, pause } from '../base/timer.ts';
import { type ContainerLayout, type Layout, layoutOf } from '../contract/layout.ts';
import { publish } from '../contract/publish.ts';
import type { Started } from '../contract/records.ts';
import { adoptOrphans } from '../kernel/reap.ts';
import { catchSignals } from '../kernel/signals.ts';
import { Children } from '../process/children.ts';
import { openContainer } from '../process/container.ts';
import { Control } from '../process/control.ts';
import { waitForSeals } from '../process/dependencies.ts';
import { caughtSignals, childSignal } from '../process/forwardable.ts';
import { findSecrets, type Secrets } from '../process/mask.ts';
import { exitCodeOf } from '../process/outcome.ts';
import { prepareJob } from '../process/prepare-job.ts';
import { Recorder } from '../process/recorder.ts';
import { obeyRequest, watchRequests } from '../process/requests.ts';
import { RunRecord } from '../process/run-record.ts';
import { seal } from '../process/seal.ts';
import { type AttemptEnd, type Job, supervise } from '../process/supervise.ts';
import { cancelledRun, failedRun, type Judgement, judge, skippedRun } from '../process/verdict.ts';
import type { Edge } from '../settings/edge.ts';
import { type RunSettings, runSettings } from '../settings/run-settings.ts';
import { emptyTemplate, mainContainers, parseTemplate, type Template } from '../settings/template.ts';

/** Everything that one run has at hand. */
interface Run {
  readonly settings: RunSettings;
  readonly layout: Layout;
  readonly container: ContainerLayout;
  readonly control: Control;
  readonly children: Children;
  readonly recorder: Recorder;
  readonly record: RunRecord;
  readonly secrets: Secrets;
  /** Ends the watches when the job is over. */
  readonly over: AbortController;
}

/**
 * Runs a job: waits for what it depends on, starts it, stays with it, saves what it leaves, and seals.
 * @returns the job's own exit status
 * @throws Fault when the emissary cannot do its part
 */
export async function run(edge: Edge, words: readonly Buffer[]): Promise<number> {
  const settings = runSettings(edge, words);
  const control = new Control(settings);
  const children = new Children();
  catchSignals(caughtSignals, (signal) =>
    signal === childSignal ? children.reap() : control.receive('signal', signal),
  );
  adoptOrphans();
  const layout = layoutOf(settings.root);
  const container = openContainer(layout, settings.name);
  const secrets = findSecrets(edge.environment.entries, settings.maskNames);
  const record = new RunRecord(settings.name);
  record.setCommand(settings.command, secrets);
  const recorder = openRecorder(container, settings, secrets);
  const over = new AbortController();
  const run: Run = { settings, layout, container, control, children, recorder, record, secrets, over };
  const judgement = await perform(run, edge).catch(judgeFault);
  over.abort();
  await recorder.close();
  seal(
    container,
    record.result(judgement, { stdout: recorder.record(1), stderr: recorder.record(2) }, children.usage),
  );
  await children.endLeftovers();
  if (judgement.origin === 'emissary' && judgement.message !== null) say(judgement.message);
  return judgement.exitCode;
}

async function perform(run: Run, edge: Edge): Promise<Judgement> {
  const { settings, layout, control, record } = run;
  warnOfUnmasked(run.secrets);
  const template = await readTemplate(layout);
  const job = prepareJob(settings, template, layout, edge.environment);
  record.setCommand(job.words, run.secrets);
  obeyRequest(run.container, control);
  await hold(run, settings.pauseBefore, run.container.before);
  const failed = await waitForDependencies(run, template);
  if (control.cause !== null) return cancelledRun(control);
  if (failed !== null) return skippedRun(failed.name, failed.exitCode);
  await placeInputs(run, template);
  const end = await runAttempts(run, job, template);
  await hold(run, settings.pauseAfter, run.container.after);
  if (end === null) return cancelledRun(control);
  await saveOutputs(run, template);
  return judge(end, control, record.outputs);
}

/** Starts the job, and again where the template allows it, unless it was asked to stop. Null: stopped before a start. */
async function runAttempts(run: Run, job: Job, template: Template): Promise<AttemptEnd | null> {
  const { control, record, children } = run;
  let end: AttemptEnd | null = null;
  for (let left = template.retry.attempts; left > 0; left -= 1) {
    if (end !== null) await pause(template.retry.delaySeconds * 1000, control.cancelled);
    // Asked to end between two attempts: the last one's failure stands, and so does the request.
    if (control.cause !== null) return end === null ? null : { ...end, cause: control.cause };
    end = await supervise(job, {
      ...run,
      onStart: (pid) => started(run, template, pid),
      onEnd: () => record.ended(),
    });
    record.addAttempt(end.outcome);
    if (end.cause !== null || end.outcome.kind === 'notStarted' || exitCodeOf(end.outcome) === 0) break;
    if (left > 1) await children.endLeftovers();
  }
  return end;
}

function started(run: Run, template: Template, pid: number): void {
  const first = run.record.attempt === 1;
  const { attempt } = run.record;
  run.record.started(pid);
  const started: Started = { pid, startedAt: run.record.attemptAt, attempt };
  publish(run.container.started, JSON.stringify(started));
  if (!first) return;
  if (run.settings.timeoutMs > 0) {
    const timer = after(run.settings.timeoutMs, () => run.control.stop('timeout'));
    run.over.signal.addEventListener('abort', () => timer.cancel());
  }
  void watchRequests(run.container, run.control, run.over.signal);
  void endWithMains(run, template).catch((error) =>
    say(`cannot watch the main containers: ${sentenceOf(error)}`),
  );
}

/** A sidecar of the template ends once every main container has its seal. */
async function endWithMains(run: Run, template: Template): Promise<void> {
  if (!template.sidecars.includes(run.settings.name)) return;
  await waitForSeals(run.layout, mainContainers(template), { firstFailure: false, signal: run.over.signal });
  if (!run.over.signal.aborted) run.control.stop('mains');
}

async function waitForDependencies(run: Run, template: Template) {
  const names = template.containers?.find(({ name }) => name === run.settings.name)?.dependencies ?? [];
  if (names.length === 0) return null;
  void watchRequests(run.container, run.control, run.over.signal);
  return waitForSeals(run.layout, names, { firstFailure: true, signal: run.control.cancelled });
}

/** A debug pause: waits until a person makes the file. */
async function hold(run: Run, wanted: boolean, path: string): Promise<void> {
  if (!wanted || run.control.cause !== null) return;
  say(`paused: make the file ${path} to go on`);
  const { waitForFile } = await import('../contract/wait-for-file.ts');
  await waitForFile(path, run.control.cancelled);
}

async function placeInputs(run: Run, template: Template): Promise<void> {
  if (run.settings.name !== 'main' || template.inputs.length === 0) return;
  throw new Fault('inputs', 'inputs: not there yet');
}

async function saveOutputs(run: Run, template: Template): Promise<void> {
  const { parameters, artifacts, multiflexi } = template;
  if (run.settings.name !== 'main') return;
  if (parameters.length === 0 && artifacts.length === 0 && multiflexi.artifactPatterns.length === 0) return;
  throw new Fault('outputs', 'outputs: not there yet');
}

async function readTemplate(layout: Layout): Promise<Template> {
  let text: string;
  try {
    text = readFileSync(layout.template, 'utf8');
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return emptyTemplate;
    throw new Fault('template', `Cannot read template ${layout.template}: ${sentenceOf(cause)}`, { cause });
  }
  return parseTemplate(text, layout.template);
}

function openRecorder(container: ContainerLayout, settings: RunSettings, secrets: Secrets): Recorder {
  try {
    return new Recorder(container, { logLimit: settings.logLimit, combined: settings.combined, secrets });
  } catch (cause) {
    throw new Fault(
      'volume',
      `Cannot keep the job's output in ${container.directory}: ${sentenceOf(cause)}`,
      { cause },
    );
  }
}

function warnOfUnmasked({ unmasked }: Secrets): void {
  if (unmasked.length > 0)
    say(`not masked, since their values are short or common words: ${unmasked.join(', ')}`);
}

function judgeFault(error: unknown): Judgement {
  if (error instanceof Fault) return failedRun(error.status, error.message);
  return failedRun(64, error instanceof Error ? (error.stack ?? error.message) : String(error));
}
