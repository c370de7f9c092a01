import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errorReason, type Reasons, volumeReasons } from '../base/error-reason.ts';
import { Fault } from '../base/fault.ts';
import { log } from '../base/log.ts';
import type { Layout } from '../contract/layout.ts';
import type { Environment } from '../settings/cli/environment.ts';
import type { InputArtifact, Template } from '../settings/template/template.ts';
import { fetchSource } from './fetch/fetch-source.ts';
import { stagedPath } from './staged-path.ts';
import { unpack } from './unpack/unpack.ts';

const readableDirectory = 0o755;
const scriptMode = 0o755;

const isInside = 'it is inside another input, where a part of its path is not a directory';
/** Not `writeReasons`: the message names the input's path in the job, not the one that was written. */
const reasons: Reasons = {
  ...volumeReasons,
  ENAMETOOLONG: 'it contains a name that is too long for the volume',
  ENOTDIR: isInside,
  EEXIST: isInside,
};

/**
 * Stages the script and all inputs on the volume. They replace what an earlier `init` staged, all at once; if a
 * required input fails, nothing changes. Removes leftovers of a killed `init`.
 *
 * @throws Fault `inputs`
 */
export async function stageInputs(
  template: Template,
  layout: Layout,
  environment: Environment,
): Promise<void> {
  const fresh = layout.inputsStaging;
  try {
    // A git whose init was killed may still be writing there.
    rmSync(fresh, { recursive: true, force: true, maxRetries: 10 });
    if (template.inputs.length > 0 || template.script !== null)
      await fill(fresh, template, { layout, environment });
    replace(layout);
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('inputs', `Cannot stage the inputs in ${layout.inputs}: ${errorReason(cause, reasons)}`, {
      cause,
    });
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

interface Staging {
  readonly layout: Layout;
  readonly environment: Environment;
}

interface Place {
  readonly fresh: string;
  /** Where an input is fetched and unpacked before it is put into place. */
  readonly work: string;
  readonly maxBytes: number;
}

async function fill(fresh: string, template: Template, staging: Staging): Promise<void> {
  makeDirectory(fresh);
  const work = join(fresh, '.work');
  makeDirectory(work);
  if (template.script !== null) {
    const script = join(fresh, basename(staging.layout.script));
    writeFileSync(script, template.script);
    chmodSync(script, scriptMode);
  }
  const { inputBytes } = template.multiflexi.limits;
  const place = { fresh, work, maxBytes: inputBytes };
  for (const input of inOrder(template.inputs)) await stageOne(input, place, staging.environment);
  rmSync(work, { recursive: true, maxRetries: 10 });
}

/** Inputs that contain others come first. */
function inOrder(inputs: readonly InputArtifact[]): readonly InputArtifact[] {
  const byPath = new Map<string, InputArtifact>();
  for (const input of inputs) {
    const other = byPath.get(input.path);
    if (other !== undefined)
      throw new Fault(
        'inputs',
        `Cannot stage inputs ${other.name} and ${input.name}: both have the path ${input.path}`,
      );
    if (input.path === '/') throw new Fault('inputs', `Cannot stage input ${input.name}: its path is /`);
    byPath.set(input.path, input);
  }
  return [...inputs].sort((a, b) => a.path.split('/').length - b.path.split('/').length);
}

async function stageOne(
  input: InputArtifact,
  { fresh, work, maxBytes }: Place,
  environment: Environment,
): Promise<void> {
  const fetched = join(work, 'input');
  try {
    await fetchSource(input.source, fetched, maxBytes, environment);
    const staged = stagedPath(fresh, input.path);
    makeParents(dirname(staged));
    await unpack(fetched, input.archive, staged, maxBytes);
    if (input.mode !== null) chmodSync(staged, input.mode);
  } catch (cause) {
    const message = `Cannot stage input ${input.name} (${input.path}): ${errorReason(cause, reasons)}`;
    if (!input.optional) throw new Fault('inputs', message, { cause });
    log(`${message}; it is optional`);
  } finally {
    rmSync(fetched, { recursive: true, force: true });
  }
}

function makeParents(directory: string): void {
  if (existsSync(directory)) return;
  makeParents(dirname(directory));
  makeDirectory(directory);
}

/** Readable for every user, whatever the umask: the job may run as another user. */
function makeDirectory(path: string): void {
  mkdirSync(path);
  chmodSync(path, readableDirectory);
}

/** Replaces the old tree with the new one, or with none. */
function replace({ inputs, inputsStaging, inputsReplaced }: Layout): void {
  rmSync(inputsReplaced, { recursive: true, force: true });
  if (existsSync(inputs)) renameSync(inputs, inputsReplaced);
  if (existsSync(inputsStaging)) renameSync(inputsStaging, inputs);
  rmSync(inputsReplaced, { recursive: true, force: true });
}
