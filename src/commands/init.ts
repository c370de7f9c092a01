import { existsSync } from 'node:fs';
import { log } from '../base/log.ts';
import { type Layout, layoutOf } from '../contract/layout.ts';
import { carriedRuntime, installRuntime, publishBootstrap } from '../init/install-runtime.ts';
import { earlierSeal } from '../init/leftovers.ts';
import { openVolume } from '../init/open-volume.ts';
import { publishInitialized } from '../init/publish-initialized.ts';
import { publishTemplate, readTemplateText } from '../init/template-text.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import type { Template } from '../settings/template/template.ts';
import { templateFromJson } from '../settings/template/template-from-json.ts';
import { initSettings } from '../settings/verbs/init-settings.ts';

/**
 * `emissary init`: puts the program, the template and the staged inputs on the shared volume. Validates all of its
 * settings before it writes the first file.
 *
 * @returns 0
 * @throws Fault `usage`, `template`, `volume`, `inputs`
 */
export async function init(invocation: Invocation, args: readonly Buffer[]): Promise<number> {
  const settings = initSettings(invocation, args);
  const { text, origin } = readTemplateText(settings.template);
  const template = await templateFromJson(text, origin);
  await warnOfPatterns(template);
  const layout = layoutOf(settings.root);
  const carried = settings.withProgram ? carriedRuntime() : null;
  openVolume(layout);
  if (carried !== null) await installRuntime(invocation.program, carried, layout);
  await stage(template, layout, invocation);
  publishTemplate(text, layout);
  if ((invocation.environment.get('TRACEPARENT') ?? template.multiflexi.traceparent) !== null)
    publishInitialized(layout);
  // Last: if init is killed on a new volume, no job can start without what it needs.
  if (carried !== null) publishBootstrap(carried, layout);
  warnOfEarlierJob(layout);
  return 0;
}

/** MultiFlexi accepts invalid patterns, which match nothing; they are a mistake all the same. */
async function warnOfPatterns({ multiflexi: { artifactPatterns } }: Template): Promise<void> {
  if (artifactPatterns.length === 0) return;
  const { invalidPatterns } = await import('../settings/template/php-pattern.ts');
  for (const key of invalidPatterns(artifactPatterns))
    log(`${key} is not a valid regular expression and will match no file`);
}

/** The reporter cannot tell jobs apart: it would report the earlier job's end for this one. */
function warnOfEarlierJob(layout: Layout): void {
  const seal = earlierSeal(layout);
  if (seal === null) return;
  log(
    `Another job has already run on this volume (${seal}) and may be reported in place of this one; use a new volume for every job`,
  );
}

/** Runs also without inputs if an earlier `init` left some, whole or partial: they must not become this job's. */
async function stage(template: Template, layout: Layout, { environment }: Invocation): Promise<void> {
  const { inputs, inputsStaging, inputsReplaced } = layout;
  const isNone = template.inputs.length === 0 && template.script === null;
  if (isNone && ![inputs, inputsStaging, inputsReplaced].some((path) => existsSync(path))) return;
  const { stageInputs } = await import('../inputs/stage-inputs.ts');
  await stageInputs(template, layout, environment);
}
