import { Fault, faultStatus } from '../base/fault.ts';
import { log } from '../base/log.ts';
import type { StartStamp } from '../outputs/prepare-outputs.ts';
import { prepareJob } from '../run/prepare-job.ts';
import { readTemplate, requireOwnInputs } from '../run/read-template.ts';
import { runAttempts } from '../run/run-attempts.ts';
import { openRun, type Run } from '../run/run-context.ts';
import { SavingProgressFile } from '../run/seal/saving-progress-file.ts';
import { savingSignal } from '../run/seal/saving-signal.ts';
import { sealRefusal } from '../run/seal/seal-refusal.ts';
import type { AttemptEnd } from '../run/supervise.ts';
import {
  cancelledRun,
  exitStatusOf,
  failedRun,
  judge,
  nothingSaved,
  type RunVerdict,
  type Saved,
  skippedRun,
} from '../run/verdict.ts';
import { allVariables } from '../settings/cli/all-variables.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { type RunSettings, runSettings } from '../settings/cli/run-settings.ts';
import type { Template } from '../settings/template/template.ts';

/**
 * Runs a job: waits for what it depends on, starts it, stays with it, saves what it leaves, and seals.
 * @returns the job's own exit status
 * @throws Fault when the emissary cannot do its part
 */
export async function run(given: Invocation, args: readonly Buffer[]): Promise<number> {
  const { invocation, settings } = await readSettings(given, args);
  const run = openRun(settings, invocation);
  const known: Known = { end: null };
  const judgement = await Promise.race([perform(run, invocation, known), invocation.defect]).catch((error) =>
    giveUp(run, error, known),
  );
  run.over.abort();
  const unsealed = await sealRun(run, judgement);
  await run.reaper.endLeftovers();
  if (judgement.origin === 'emissary' && judgement.message !== null)
    log(run.record.masked(judgement.message));
  if (unsealed === null) return exitStatusOf(judgement, run.stopController);
  log(unsealed.message);
  return judgement.exitCode === 0 ? unsealed.status : judgement.exitCode;
}

/** What is refused is sealed too, where its container can be told: the sidecar need not wait for it. */
async function readSettings(
  given: Invocation,
  args: readonly Buffer[],
): Promise<{ readonly invocation: Invocation; readonly settings: RunSettings }> {
  let invocation = given;
  try {
    invocation = { ...given, environment: await allVariables(given.environment) };
    return { invocation, settings: runSettings(invocation, args) };
  } catch (error) {
    if (error instanceof Fault) sealRefusal(invocation, args, error);
    throw error;
  }
}

/** The job's end, once it is known. */
interface Known {
  end: AttemptEnd | null;
}

async function perform(run: Run, invocation: Invocation, known: Known): Promise<RunVerdict> {
  const { settings, layout, stopController, record } = run;
  const template = await readTemplate(layout);
  warnOfStranger(settings.name, template);
  const job = prepareJob(run, template, invocation.environment);
  record.setCommand(job.args);
  run.requests.obey();
  await hold(run, settings.pauseBefore, run.container.before);
  const failed = await waitForDependencies(run, template);
  if (stopController.cause !== null) return cancelledRun(stopController);
  if (failed !== null) return skippedRun(failed);
  await placeInputs(run, template);
  const mark = await prepareOutputs(run, template);
  const end = await runAttempts(run, job, template);
  known.end = end;
  // What the job has left behind gets TERM now; the seal does not wait for its end.
  void run.reaper.endLeftovers();
  await hold(run, settings.pauseAfter, run.container.after);
  if (end === null) return cancelledRun(stopController);
  let saved: Saved = nothingSaved;
  const trouble = await saveOutputs(run, template, mark).then((found) => {
    saved = found;
    return null;
  }, judgeFault);
  record.outputs = saved.outputs;
  const judgement = judge(end, stopController, saved);
  if (saved.stopped !== null && judgement.message !== null) log(record.masked(judgement.message));
  return trouble !== null && judgement.verdict === 'succeeded' ? trouble : judgement;
}

/** A misspelt name: the sidecar waits for another one, and nobody gathers this one. */
function warnOfStranger(name: string, { containers, sidecars }: Template): void {
  if (containers === null || sidecars.includes(name) || containers.some((each) => each.name === name)) return;
  const known = containers.map((each) => each.name).join(', ');
  log(`The template's containerSet has no container ${name} (it has ${known}): it is run, and not reported`);
}

async function waitForDependencies(run: Run, template: Template) {
  const names = template.containers?.find(({ name }) => name === run.settings.name)?.dependencies ?? [];
  if (names.length === 0) return null;
  run.watch();
  const { waitForEnds } = await import('../run/dependencies.ts');
  return waitForEnds(run.layout, names, { firstFailure: true, signal: run.stopController.cancelled });
}

/** A debug pause: waits until a person makes the file. */
async function hold(run: Run, wanted: boolean, path: string): Promise<void> {
  if (!wanted || run.stopController.cause !== null) return;
  run.watch();
  log(`paused: make the file ${path} to go on`);
  const { waitForFile } = await import('../contract/wait-for-file.ts');
  await waitForFile(path, run.stopController.cancelled);
}

async function placeInputs(run: Run, template: Template): Promise<void> {
  if (run.settings.name !== 'main' || (template.inputs.length === 0 && template.script === null)) return;
  requireOwnInputs(run.layout);
  if (template.inputs.length === 0) return;
  const { placeInputs } = await import('../inputs/place-inputs.ts');
  placeInputs(template, run.layout);
}

/** What must be there before the job starts, for what it leaves to be found after it. */
async function prepareOutputs(run: Run, { multiflexi }: Template): Promise<StartStamp | null> {
  const { resultFile, artifactPatterns, temporaryDirectory } = multiflexi;
  const isNone = resultFile === null && temporaryDirectory === null && artifactPatterns.length === 0;
  if (run.settings.name !== 'main' || isNone) return null;
  const { prepareOutputs } = await import('../outputs/prepare-outputs.ts');
  return prepareOutputs(multiflexi);
}

async function saveOutputs(run: Run, template: Template, mark: StartStamp | null): Promise<Saved> {
  const { parameters, artifacts, multiflexi } = template;
  if (run.settings.name !== 'main') return nothingSaved;
  if (parameters.length + artifacts.length === 0 && multiflexi.resultFile === null && mark === null)
    return nothingSaved;
  const { saveOutputs } = await import('../outputs/save-outputs.ts');
  const progress = new SavingProgressFile(run.container);
  try {
    return await saveOutputs({
      template,
      layout: run.layout,
      mark,
      masked: (path) => run.record.masked(path),
      signal: savingSignal(run),
      tell: (told) => progress.write({ ...told, current: run.record.masked(told.current) }),
    });
  } finally {
    progress.remove();
  }
}

/** What is sealed must not go on: the job ends first, if it has begun. Its own failure wins, if it has ended. */
async function giveUp(run: Run, error: unknown, { end }: Known): Promise<RunVerdict> {
  // No further attempt begins meanwhile.
  run.stopController.stop('signal');
  await run.reaper.endLeftovers();
  const trouble = judgeFault(error);
  const judgement = end === null ? trouble : judge(end, run.stopController, nothingSaved);
  return judgement.verdict === 'succeeded' ? trouble : judgement;
}

function judgeFault(error: unknown): RunVerdict {
  if (error instanceof Fault) return failedRun(error.status, error.message);
  return failedRun(
    faultStatus.defect,
    error instanceof Error ? (error.stack ?? error.message) : String(error),
  );
}

/** Null when all is sealed; the job's own failure is not to be lost in one of ours. */
async function sealRun(run: Run, judgement: RunVerdict): Promise<Fault | null> {
  const { recorder, record, reaper } = run;
  await recorder.close();
  run.endRecord.free();
  const streams = { stdout: recorder.record(1), stderr: recorder.record(2) };
  try {
    run.seal.publish(record.result(judgement, streams, reaper.usage));
    return null;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}
