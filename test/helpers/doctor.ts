import { constants, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { emissary, type Finished, type Surroundings } from './emissary.ts';
import { hostProgram, program } from './program.ts';
import { temporaryVolume } from './volume.ts';

/** One check as `doctor --json` shows it. */
export interface Diagnosis {
  readonly name: string;
  readonly status: string;
  readonly found: string;
  readonly advice: string | null;
}

/** How `doctor --json` ended. */
export interface Examined extends Finished {
  readonly checks: readonly Diagnosis[];
  /** The check of this name. */
  check(name: string): Diagnosis;
  /** The names of those with this status. */
  names(status: string): readonly string[];
}

/** Runs `doctor --json`. */
export async function examine(args: readonly string[], surroundings: Surroundings): Promise<Examined> {
  const finished = await emissary(['doctor', '--json', ...args], surroundings);
  return { ...finished, ...examinedIn(finished.stdout.toString(), finished.stderr) };
}

/** Reads what `doctor --json` has printed. */
export function examinedIn(text: string, stderr = ''): Pick<Examined, 'checks' | 'check' | 'names'> {
  if (text === '') throw new Error(`doctor printed nothing: ${stderr}`);
  const { checks } = JSON.parse(text) as { readonly checks: readonly Diagnosis[] };
  return {
    checks,
    check(name) {
      const found = checks.find((each) => each.name === name);
      if (found === undefined) throw new Error(`doctor has no check "${name}": ${text}`);
      return found;
    },
    names: (status) => checks.filter((each) => each.status === status).map(({ name }) => name),
  };
}

/** A copy of the program, in a directory that every user may enter. */
export function copiedHostProgram(t: TestContext, of: { readonly withPodProgram: boolean }): string {
  const directory = join(temporaryVolume(t), 'bin');
  mkdirSync(directory);
  const copy = (from: string, name: string) => {
    const to = join(directory, name);
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
    return to;
  };
  if (of.withPodProgram) copy(program, 'emissary');
  return copy(hostProgram, 'multiflexi-emissary');
}
