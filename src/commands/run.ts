import { Fault } from '../base/fault.ts';
import { log } from '../base/log.ts';
import type { StartStamp } from '../outputs/prepare-outputs.ts';
import { addPrintedResult } from '../run/add-printed-result.ts';
import { debugPause } from '../run/debug-pause.ts';
import { openRun, type Run } from '../run/open-run.ts';
import { prepareJob } from '../run/prepare-job.ts';
import { readTemplate, requireOwnInputs } from '../run/read-template.ts';
import { runAttempts } from '../run/run-attempts.ts';
import { SavingProgressFile } from '../run/seal/saving-progress-file.ts';
import { savingSignal } from '../run/seal/saving-signal.ts';
import { sealRefusal } from '../run/seal/seal-refusal.ts';
import { sealRun } from '../run/seal/seal-run.ts';
import type { AttemptEnd } from '../run/supervise.ts';
import { lastOutput, tellEngine } from '../run/tell-engine.ts';
import {
  cancelledRun,
  endedRun,
  exitStatusOf,
  faultedRun,
  nothingSaved,
  type RunVerdict,
  type Saved,
  skippedRun,
} from '../run/verdict.ts';
import { allVariables } from '../settings/cli/all-variables.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import type { Template } from '../settings/template/template.ts';
import { type RunSettings, runSettings, terminationLogOf } from '../settings/verbs/run-settings.ts';

/**
 * `emissary run`: waits for the job's dependencies, supervises the job, saves its outputs, and seals the container.
 * @returns the job's own exit status
 * @throws Fault if the emissary itself fails
 */
export async function run(given: Invocation, args: readonly Buffer[]): Promise<number> {
  try {
    return await runAndSeal(given, args);
  } catch (error) {
    if (error instanceof Fault) await tellEngine(terminationLogOf(given, args), error.message);
    throw error;
  }
}

async function runAndSeal(given: Invocation, args: readonly Buffer[]): Promise<number> {
  const { invocation, settings } = await readSettings(given, args);
  const run = openRun(settings, invocation);
  const known: Known = { end: null };
  const verdict = await Promise.race([perform(run, invocation, known), invocation.defect]).catch((error) =>
    giveUp(run, error, known),
  );
  run.over.abort();
  const output = verdict.verdict === 'succeeded' ? null : lastOutput(run.recorder);
  const unsealed = await sealRun(run, verdict);
  // After the seal, and before leftover processes get their time: the engine may kill the container then.
  if (output !== null)
    await tellEngine(settings.terminationLog, run.record.masked(verdict.message ?? verdict.verdict), output);
  await run.reaper.endLeftovers();
  if (verdict.origin === 'emissary' && verdict.message !== null) log(run.record.masked(verdict.message));
  if (unsealed === null) return exitStatusOf(verdict, run.stopController);
  log(unsealed.message);
  return verdict.exitCode === 0 ? unsealed.status : verdict.exitCode;
}

/** Rejected settings are sealed, too, if the container is known: otherwise the reporter would wait for it. */
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

/** The end of the last attempt, once it is known. */
interface Known {
  end: AttemptEnd | null;
}

async function perform(run: Run, invocation: Invocation, known: Known): Promise<RunVerdict> {
  const { settings, layout, stopController, record } = run;
  const template = await readTemplate(layout);
  warnOfUnknownContainer(settings.name, template);
  const job = prepareJob(run, template, invocation.environment);
  record.setCommand(job.args);
  run.requests.obey();
  await debugPause(run, settings.pauseBefore, run.container.before);
  const failed = await waitForDependencies(run, template);
  if (stopController.cause !== null) return cancelledRun(stopController);
  if (failed !== null) return skippedRun(failed);
  await placeInputs(run, template);
  const startStamp = await prepareOutputs(run, template);
  const end = await runAttempts(run, job, template);
  known.end = end;
  // Leftover processes get TERM now; the seal does not wait for their end.
  void run.reaper.endLeftovers();
  await debugPause(run, settings.pauseAfter, run.container.after);
  if (end === null) return cancelledRun(stopController);
  let saved: Saved = nothingSaved;
  const trouble = await saveOutputs(run, template, startStamp).then((found) => {
    saved = found;
    return null;
  }, faultedRun);
  record.outputs = await addPrintedResult(saved.outputs, { run, template, end });
  const verdict = endedRun(end, stopController, saved);
  if (saved.stopped !== null && verdict.message !== null) log(record.masked(verdict.message));
  return trouble !== null && verdict.verdict === 'succeeded' ? trouble : verdict;
}

/** Probably a misspelt name: the reporter waits for another container and ignores this one. */
function warnOfUnknownContainer(name: string, { containers, sidecars }: Template): void {
  if (containers === null || sidecars.includes(name) || containers.some((each) => each.name === name)) return;
  const known = containers.map((each) => each.name).join(', ');
  log(`The template's containerSet has no container ${name}, only ${known}: it is run but not reported`);
}

async function waitForDependencies(run: Run, template: Template) {
  const names = template.containers?.find(({ name }) => name === run.settings.name)?.dependencies ?? [];
  if (names.length === 0) return null;
  run.watch();
  const { waitForContainers } = await import('../run/wait-for-containers.ts');
  return waitForContainers(run.layout, names, { firstFailure: true, signal: run.stopController.cancelled });
}

async function placeInputs(run: Run, template: Template): Promise<void> {
  if (run.settings.name !== 'main' || (template.inputs.length === 0 && template.script === null)) return;
  requireOwnInputs(run.layout);
  if (template.inputs.length === 0) return;
  const { placeInputs } = await import('../inputs/place-inputs.ts');
  placeInputs(template, run.layout);
}

/** Creates directories for the job, and records its start, so that its outputs are recognized afterwards. */
async function prepareOutputs(run: Run, { multiflexi }: Template): Promise<StartStamp | null> {
  const { resultFile, artifactPatterns, temporaryDirectory } = multiflexi;
  const isNone = resultFile === null && temporaryDirectory === null && artifactPatterns.length === 0;
  if (run.settings.name !== 'main' || isNone) return null;
  const { prepareOutputs } = await import('../outputs/prepare-outputs.ts');
  return prepareOutputs(multiflexi);
}

async function saveOutputs(run: Run, template: Template, startStamp: StartStamp | null): Promise<Saved> {
  const { parameters, artifacts, multiflexi } = template;
  if (run.settings.name !== 'main') return nothingSaved;
  if (parameters.length + artifacts.length === 0 && multiflexi.resultFile === null && startStamp === null)
    return nothingSaved;
  const { saveOutputs } = await import('../outputs/save-outputs.ts');
  const progress = new SavingProgressFile(run.container);
  try {
    return await saveOutputs({
      template,
      layout: run.layout,
      startStamp,
      masked: (path) => run.record.masked(path),
      signal: savingSignal(run),
      onProgress: (now) => progress.write({ ...now, current: run.record.masked(now.current) }),
    });
  } finally {
    progress.remove();
  }
}

/** A sealed job must not continue: terminates it first. If it has already failed, its own failure takes precedence. */
async function giveUp(run: Run, error: unknown, { end }: Known): Promise<RunVerdict> {
  // Prevents further attempts.
  run.stopController.stop('signal');
  await run.reaper.endLeftovers();
  const trouble = faultedRun(error);
  const verdict = end === null ? trouble : endedRun(end, run.stopController, nothingSaved);
  return verdict.verdict === 'succeeded' ? trouble : verdict;
}
