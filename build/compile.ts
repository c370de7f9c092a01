import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Bundle } from './bundle.ts';

/** What the program does while it is watched: the start of a job with output, its end, and the seal. */
const args = ['--', 'sh', '-c', 'echo output; echo more >&2'];

/** A rehearsal that takes longer hangs, ms. */
const rehearsalMs = 60_000;

/** What makes a job's start quick. */
export interface Start {
  /** The pieces that a job's start and end need, in one script. */
  readonly script: string;
  /** That script, compiled for this processor. */
  readonly compiled: string;
}

/**
 * Rehearses a run, to learn which pieces a job's start and end need, and puts them into one script. V8 compiles a
 * function when it is first called: what was called in a second rehearsal, with that script, is kept compiled.
 */
export async function compileStart({ directory }: Bundle): Promise<Start> {
  const start = { script: join(directory, 'start.js'), compiled: join(directory, 'start.js.code') };
  const names = await rehearse(directory);
  const pieces = await Promise.all(
    names.map(async (name) => `${JSON.stringify(name)}:${await readFile(join(directory, name), 'latin1')}`),
  );
  await writeFile(start.script, `({${pieces.join(',\n')}})`);
  await rehearse(directory);
  return start;
}

/** Runs a small job with the pieces in a directory; the names of those that it loaded. */
async function rehearse(directory: string): Promise<readonly string[]> {
  const root = await mkdtemp(join(tmpdir(), 'emissary-rehearsal-'));
  try {
    const script = join(import.meta.dirname, 'rehearse.ts');
    const run = ['run', '--root', root, ...args];
    const { stdout } = await execa(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', script, directory, ...run],
      { env: { REHEARSAL_PASSWORD: 'not a secret' }, timeout: rehearsalMs },
    );
    const names = stdout.split('\n').filter((line) => line.startsWith('./'));
    if (names.length === 0)
      throw new Error('the rehearsal of a run ended without telling what it had loaded');
    return names;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
