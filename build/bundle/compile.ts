import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Bundle } from './bundle.ts';

/** The arguments of the rehearsed run: the start of a job with output, its end, and the seal. */
const args = ['--', 'sh', '-c', 'echo output; echo more >&2'];

/** After this time, in ms, a rehearsal is considered hung. */
const rehearsalMs = 60_000;

/** The files that make a job's start fast. */
export interface Start {
  /** The chunks for a job's start and end, in one script: the same sources give the same script. */
  readonly script: string;
  /** That script, compiled for this architecture. May differ from build to build: see `compileStart`. */
  readonly compiled: string;
}

/**
 * Rehearses a run to find out which chunks a job's start and end need, and joins them into one script. V8 compiles a
 * function on its first call: a second rehearsal, with that script, keeps the code of the functions that it called.
 * Some functions are called only if, for example, the job's end is noticed before the end of its output. So the code,
 * which is a cache, differs a little from one build to the next.
 */
export async function compileStart({ directory }: Bundle): Promise<Start> {
  const start = { script: join(directory, 'start.js'), compiled: join(directory, 'start.js.code') };
  const names = await rehearse(directory);
  const chunks = await Promise.all(
    names.map(async (name) => `${JSON.stringify(name)}:${await readFile(join(directory, name), 'latin1')}`),
  );
  await writeFile(start.script, `({${chunks.join(',\n')}})`);
  await rehearse(directory);
  return start;
}

/** Runs a small job with the chunks in a directory; returns the names of those that it loaded. */
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
    const names = stdout
      .split('\n')
      .filter((line) => line.startsWith('./'))
      .sort();
    if (names.length === 0) throw new Error('The rehearsed run did not report which chunks it had loaded.');
    return names;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
