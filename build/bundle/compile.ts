import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Bundle } from './bundle.ts';

/** What is rehearsed: what each program does most, and has to begin at once. */
interface Rehearsal {
  readonly args: (directory: string) => readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly status: number;
}

/** The start of a job with output, its end, and the seal. */
const run: Rehearsal = {
  args: (root) => ['run', '--root', root, '--', 'sh', '-c', 'echo output; echo more >&2'],
  env: { REHEARSAL_PASSWORD: 'not a secret' },
  status: 0,
};

/** The same with a signal by file, one by kill(2), and a stop: whoever sends them should not wait for a compiler. */
const signalledRun: Rehearsal = {
  ...run,
  args: (root) => ['run', '--root', root, '--', 'sh', '-c', signalledJob, 'sh', join(root, 'ctr/main')],
};

/** It asks until it has got the signal: its pauses are no guess of how long the program takes. */
const signalledJob = `
  trap got=1 USR1
  trap 'exit 0' TERM
  echo output; echo more >&2
  until [ "$got" ]; do echo USR1 > "$1/.request"; mv "$1/.request" "$1/signal"; sleep 0.1; done
  got=
  until [ "$got" ]; do kill -USR1 $PPID; sleep 0.1; done
  kill -TERM $PPID
  while :; do sleep 0.1; done`;

/** A launch up to its engine, which is not there. */
const launch: Rehearsal = {
  args: (state) => ['launch', '--engine', 'docker', '--image', 'none', '--state', state, '--', 'true'],
  env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' },
  status: 64,
};

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
 * Rehearses what a program does most (`run`, or `launch`) to find out which chunks that needs, and joins them into one
 * script. V8 compiles a function on its first call: a second rehearsal, with that script, keeps the code of the functions
 * that it called, also those that a job of an instant does not need.
 * Some functions are called only if, for example, the job's end is noticed before the end of its output. So the code,
 * which is a cache, differs a little from one build to the next.
 */
export async function compileStart(name: string, { directory }: Bundle): Promise<Start> {
  const [first, second] = name === 'emissary' ? [run, signalledRun] : [launch, launch];
  const start = { script: join(directory, 'start.js'), compiled: join(directory, 'start.js.code') };
  const names = await rehearse(directory, first);
  const chunks = await Promise.all(
    names.map(async (name) => `${JSON.stringify(name)}:${await readFile(join(directory, name), 'latin1')}`),
  );
  await writeFile(start.script, `({${chunks.join(',\n')}})`);
  await rehearse(directory, second);
  return start;
}

/** Rehearses with the chunks in a directory; returns the names of those that it loaded. */
async function rehearse(directory: string, { args, env, status }: Rehearsal): Promise<readonly string[]> {
  const root = await mkdtemp(join(tmpdir(), 'emissary-rehearsal-'));
  try {
    const script = join(import.meta.dirname, 'rehearse.ts');
    const words = ['--disable-warning=ExperimentalWarning', script, directory, ...args(root)];
    const { stdout, stderr, exitCode, timedOut } = await execa(process.execPath, words, {
      env,
      timeout: rehearsalMs,
      reject: false,
    });
    if (timedOut) throw new Error(`The rehearsal did not end within ${rehearsalMs / 1000} s: ${stderr}`);
    if (exitCode !== status)
      throw new Error(`The rehearsal ended with ${exitCode}, not ${status}: ${stderr}`);
    const names = stdout
      .split('\n')
      .filter((line) => line.startsWith('./'))
      .sort();
    if (names.length === 0) throw new Error('The rehearsal did not report which chunks it had loaded.');
    return names;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
