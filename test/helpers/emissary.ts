import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';
import { endTree, killTree } from './kill-tree.ts';
import { hostProgram, hostVerbs, program, programForAnybody } from './program.ts';

/** How a run ended, and its complete output. */
export interface Finished {
  /** Null if a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** As bytes: a job may print anything. */
  readonly stdout: Buffer;
  /** As text: it is meant for people. */
  readonly stderr: string;
}

/** A running process. */
export interface Running {
  readonly process: ChildProcess;
  readonly pid: number;
  /** Its output so far. */
  stdout(): Buffer;
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  /** Settles when it has exited and its output is complete. */
  readonly finished: Promise<Finished>;
}

/** The surroundings of a run. Its environment is PATH, HOME and what is given here, nothing of the tester's own. */
export interface Surroundings {
  /** Becomes EMISSARY_ROOT. */
  readonly root?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Bytes for its standard input, then end of file; `'pipe'` leaves it open. Default: /dev/null. */
  readonly stdin?: string | Uint8Array | 'pipe';
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Whether it gets its own process group. */
  readonly detached?: boolean;
  /** A command line to put before the built file: `['tini', '--']`. */
  readonly under?: readonly string[];
  /** Another file than the built one: an installed program. */
  readonly program?: string;
}

/** A run that takes longer than this is killed, ms. */
const boundMs = 300_000;

/** Runs the built file until it exits. */
export async function emissary(args: readonly string[], surroundings: Surroundings = {}): Promise<Finished> {
  return launch(args, surroundings).finished;
}

/** Starts the built file; it and its job are killed if they still run when the test ends. */
export function startEmissary(
  t: TestContext,
  args: readonly string[],
  surroundings: Surroundings = {},
): Running {
  const running = launch(args, surroundings);
  // A failure that nobody awaits is reported by the test that failed first.
  running.finished.catch(() => undefined);
  atEnd(t, async () => {
    const { pid, exitCode, signalCode } = running.process;
    // A process that could not be started has no id: -1 would be all processes.
    if (pid !== undefined && exitCode === null && signalCode === null) await endTree(pid);
  });
  return running;
}

function programFor([verb = '']: readonly string[], { uid }: Surroundings): string {
  if (hostVerbs.includes(verb)) return hostProgram;
  return uid === undefined ? program : programForAnybody();
}

function launch(args: readonly string[], surroundings: Surroundings): Running {
  const own = surroundings.program ?? programFor(args, surroundings);
  const [file = own, ...rest] = [...(surroundings.under ?? []), own, ...args];
  const { stdin } = surroundings;
  const child = spawn(file, rest, {
    env: { ...stateFor(args), ...environment(surroundings) },
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...(surroundings.cwd !== undefined && { cwd: surroundings.cwd }),
    ...(surroundings.uid !== undefined && { uid: surroundings.uid }),
    ...(surroundings.gid !== undefined && { gid: surroundings.gid }),
    detached: surroundings.detached ?? false,
  });
  if (stdin !== undefined && stdin !== 'pipe') {
    // A program may exit without reading all of its input.
    child.stdin?.on('error', () => undefined).end(stdin);
  }
  const output: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] };
  child.stdout?.on('data', (piece: Buffer) => output.stdout.push(piece));
  child.stderr?.on('data', (piece: Buffer) => output.stderr.push(piece));
  const stdout = () => Buffer.concat(output.stdout);
  const stderr = () => Buffer.concat(output.stderr).toString();
  return {
    process: child,
    pid: child.pid ?? -1,
    stdout,
    stderr,
    kill: (signal) => child.kill(signal),
    finished: end(child, () => ({ stdout: stdout(), stderr: stderr() })),
  };
}

let state: string | null = null;

/** Launched jobs are kept in a directory of the test file's, not in the tester's own. */
function stateFor([verb = '']: readonly string[]): Record<string, string> {
  if (!hostVerbs.includes(verb)) return {};
  if (state === null) {
    const directory = mkdtempSync(join(tmpdir(), 'emissary-test-state-'));
    process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
    state = directory;
  }
  return { EMISSARY_STATE_DIR: state };
}

function environment({ root, env }: Surroundings): Record<string, string> {
  const coverage = process.env['NODE_V8_COVERAGE'];
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: process.env['HOME'] ?? '/',
    ...(coverage !== undefined && { NODE_V8_COVERAGE: coverage }),
    ...(root !== undefined && { EMISSARY_ROOT: root }),
    ...env,
  };
}

function end(
  child: ChildProcess,
  output: () => { readonly stdout: Buffer; readonly stderr: string },
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const bound = setTimeout(() => {
      if (child.pid !== undefined) killTree(child.pid);
      const { stdout, stderr } = output();
      reject(
        new Error(`${child.spawnargs.join(' ')} did not end within ${boundMs} ms.\n${stdout}\n${stderr}`),
      );
    }, boundMs);
    child.on('error', (error) => {
      clearTimeout(bound);
      reject(error);
    });
    child.on('close', (status, signal) => {
      clearTimeout(bound);
      resolve({ status, signal, ...output() });
    });
  });
}
