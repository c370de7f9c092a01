import { Fault } from '../base/fault.ts';
import { log } from '../base/log.ts';
import { unlessAborted } from '../base/unless-aborted.ts';
import type { StartStamp } from '../outputs/prepare-outputs.ts';
import { addPrintedResult } from '../run/add-printed-result.ts';
import { debugPause } from '../run/debug-pause.ts';
import { giveUp, type KnownEnd } from '../run/give-up.ts';
import { textMaskOf } from '../run/mask/text-mask-of.ts';
import { openRun, type Run } from '../run/open-run.ts';
import { prepareJob } from '../run/prepare-job.ts';
import { isPrepared, readTemplate, requireOwnInputs } from '../run/read-template.ts';
import { runAttempts } from '../run/run-attempts.ts';
import { SavingProgressFile } from '../run/seal/saving-progress-file.ts';
import { savingSignal } from '../run/seal/saving-signal.ts';
import { sealRefusal } from '../run/seal/seal-refusal.ts';
import { sealRun } from '../run/seal/seal-run.ts';
import type { AttemptEnd } from '../run/supervise.ts';
import { lastOutput, tellEngine } from '../run/tell-engine.ts';
import {
  cancelledRun,
  decidedRun,
  endedRun,
  exitStatusOf,
  explained,
  faultedRun,
  nothingSaved,
  type RunVerdict,
  type Saved,
  skippedRun,
  toleratedRun,
} from '../run/verdict.ts';
import { warnOfUnknownContainer } from '../run/warn-of-unknown-container.ts';
import { allVariables } from '../settings/cli/all-variables.ts';
import type { Environment } from '../settings/cli/environment.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import type { Template } from '../settings/template/template.ts';
import { templateFromJson } from '../settings/template/template-from-json.ts';
import type { GivenTemplate } from '../settings/verbs/given-template.ts';
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
  const known: KnownEnd = { end: null };
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
  if (verdict.origin === 'emissary' && verdict.message !== null)
    log(run.record.masked(verdict.message), 'error');
  if (unsealed === null) return exitStatusOf(verdict, run.stopController);
  log(unsealed.message, 'error');
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

async function perform(run: Run, invocation: Invocation, known: KnownEnd): Promise<RunVerdict> {
  const { settings, layout, stopController, record } = run;
  const { template: given } = settings;
  const template =
    given === null || isPrepared(layout)
      ? await readTemplate(layout)
      : await prepareVolume(run, given, invocation.environment);
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
  const decided = await decisionOnFailure(run, end);
  let saved: Saved = nothingSaved;
  const trouble = await saveOutputs(run, template, startStamp).then((found) => {
    saved = found;
    return null;
  }, faultedRun);
  record.outputs = await addPrintedResult(saved.outputs, { run, template, end });
  const own = await explained(endedRun(end, stopController, saved));
  const final = decided === null ? own : decidedRun(own, decided);
  const isTolerated = settings.toleratesFailure || template.multiflexi.mayFail.includes(settings.name);
  const verdict = isTolerated ? toleratedRun(final) : final;
  if (saved.stopped !== null && verdict.message !== null) log(record.masked(verdict.message));
  return trouble !== null && verdict.verdict === 'succeeded' ? trouble : verdict;
}

/**
 * Where no `init` has run, the program comes from an image volume. Then each container takes the template that it was
 * given, and `main` stages the inputs, which only it needs.
 */
async function prepareVolume(run: Run, given: GivenTemplate, environment: Environment): Promise<Template> {
  const { settings, layout, stopController } = run;
  const { readTemplateText } = await import('../init/template-text.ts');
  const { text, origin } = readTemplateText(given);
  const template = await templateFromJson(text, origin);
  if (settings.name !== 'main' || stopController.cause !== null) return template;
  // A download may take long.
  run.watch();
  const { openVolume } = await import('../init/open-volume.ts');
  const lock = openVolume(layout);
  const { stageInputs } = await import('../inputs/stage-inputs.ts');
  const { cancelled } = stopController;
  await unlessAborted(stageInputs(template, layout, environment), cancelled).catch((error) => {
    if (!cancelled.aborted) throw error;
  });
  lock.release();
  return template;
}

/** The exit code that a person decides for a failed job; null: its own. */
async function decisionOnFailure(run: Run, end: AttemptEnd): Promise<number | null> {
  if (run.settings.failurePauseMs === null) return null;
  const { failurePause } = await import('../run/failure-pause.ts');
  return failurePause(run, end, run.settings.failurePauseMs);
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
      textMask: await textMaskOf(run),
      signal: savingSignal(run),
      onProgress: (now) => progress.write({ ...now, current: run.record.masked(now.current) }),
    });
  } finally {
    progress.remove();
  }
}
