import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Result } from '../../src/contract/records.ts';
import { emissary, type Finished, type Running, type Surroundings, startEmissary } from './emissary.ts';
import { until } from './until.ts';
import { temporaryVolume } from './volume.ts';

/** The settings of a job, besides its surroundings. A volume is made for the test unless `root` names one. */
export interface JobSetting extends Surroundings {
  /** Options of `run`: `['--grace', '1']`. */
  readonly options?: readonly string[];
  /** Becomes the volume's `template`: an object, or the text itself. */
  readonly template?: object | string;
  /** The container; default `main`. */
  readonly name?: string;
}

/** The files of one container on the volume. */
export interface Kept {
  readonly root: string;
  path(file: string): string;
  has(file: string): boolean;
  bytes(file: string): Buffer;
  text(file: string): string;
  result(): Result;
  /** Resolves with the text of the seal. */
  sealed(): Promise<string>;
}

/** Runs a job under `emissary run` until it exits. */
export async function runJob(
  t: TestContext,
  command: readonly string[],
  setting: JobSetting = {},
): Promise<Finished & { readonly kept: Kept }> {
  const { args, surroundings, kept } = prepare(t, command, setting);
  return { ...(await emissary(args, surroundings)), kept };
}

/** Starts a job under `emissary run`. */
export function startJob(
  t: TestContext,
  command: readonly string[],
  setting: JobSetting = {},
): Running & { readonly kept: Kept } {
  const { args, surroundings, kept } = prepare(t, command, setting);
  return { ...startEmissary(t, args, surroundings), kept };
}

/** Starts a job, and waits until it prints `ready`. */
export async function startReadyJob(t: TestContext, command: readonly string[], setting: JobSetting = {}) {
  const job = startJob(t, command, setting);
  await until('the job says "ready"', () => job.stdout().includes('ready\n'));
  return job;
}

/** The files of a container, of this run or of an earlier one. */
export function keptBy(root: string, name = 'main'): Kept {
  const path = (file: string) => join(root, 'ctr', name, file);
  const bytes = (file: string) => readFileSync(path(file));
  return {
    root,
    path,
    bytes,
    has: (file) => existsSync(path(file)),
    text: (file) => bytes(file).toString(),
    result: () => JSON.parse(bytes('result.json').toString()) as Result,
    sealed: () => until('the seal', () => readFileSync(path('exitcode'), 'utf8')),
  };
}

function prepare(t: TestContext, command: readonly string[], setting: JobSetting) {
  const { options = [], template, name, ...surroundings } = setting;
  const root = surroundings.root ?? temporaryVolume(t);
  if (template !== undefined) {
    writeFileSync(join(root, 'template'), typeof template === 'string' ? template : JSON.stringify(template));
  }
  const named = name === undefined ? [] : ['--name', name];
  return {
    args: ['run', ...named, ...options, '--', ...command],
    surroundings: { ...surroundings, root },
    kept: keptBy(root, name),
  };
}
