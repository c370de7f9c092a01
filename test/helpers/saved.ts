import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { OutputsRecord, Result } from '../../src/contract/records.ts';
import { emissary, type Finished, type Surroundings } from './emissary.ts';
import { temporaryVolume } from './volume.ts';

/** A volume with a template, and a directory beside it for the job's own files. */
export interface Pod {
  readonly root: string;
  /** Where the job's files are. */
  readonly work: string;
  /** Puts the template on the volume, as `init` would. */
  template(value: unknown): void;
  /** Runs `emissary init` with this template. */
  init(value: unknown, surroundings?: Surroundings): Promise<Finished>;
  /** Runs a shell script as the job of container `main`, in `work`. */
  run(script: string, surroundings?: Surroundings): Promise<Finished>;
  result(): Result;
  /** The record of the outputs. */
  outputs(): OutputsRecord;
  /** The absolute path of the only artifact's file. */
  artifact(): string;
}

/** A pod whose files are removed when the test ends. */
export function pod(t: TestContext): Pod {
  const place = temporaryVolume(t);
  const root = join(place, 'root');
  const work = join(place, 'work');
  for (const directory of [root, work]) {
    mkdirSync(directory);
    // Writable for any user, like an emptyDir.
    chmodSync(directory, 0o777);
  }
  const result = () => JSON.parse(readFileSync(join(root, 'ctr/main/result.json'), 'utf8')) as Result;
  return {
    root,
    work,
    template: (value) => writeFileSync(join(root, 'template'), JSON.stringify(value)),
    init: (value, surroundings = {}) =>
      emissary(['init', '--template', '-'], { root, stdin: JSON.stringify(value), ...surroundings }),
    run: (script, surroundings = {}) =>
      emissary(['run', '--', 'sh', '-c', script], { root, cwd: work, ...surroundings }),
    result,
    outputs: () => result().outputs,
    artifact() {
      const { artifacts, missing } = result().outputs;
      const [only] = artifacts;
      if (only === undefined || artifacts.length !== 1)
        throw new Error(`one artifact was expected: ${JSON.stringify({ artifacts, missing })}`);
      return join(root, only.file);
    },
  };
}

/** Runs a tool and returns its output. */
export function tool(name: string, args: readonly string[], cwd?: string): string {
  return execFileSync(name, args, { encoding: 'utf8', stdio: 'pipe', ...(cwd !== undefined && { cwd }) });
}
