import { type ChildProcess, spawn } from 'node:child_process';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';
import { type Kept, keptBy } from './job.ts';
import { endTree } from './kill-tree.ts';
import { program } from './program.ts';
import { requireProgram } from './require.ts';
import { temporaryVolume } from './volume.ts';

/** A job under the emissary in a terminal. */
export interface Terminal {
  readonly kept: Kept;
  readonly status: Promise<number | null>;
  /** Everything that the terminal shows. */
  shown(): string;
  /** Everything that `prepare` and `after` wrote to descriptor 9. */
  said(): string;
  terminalPath(): string;
  type(keys: string): void;
  /** Closes the terminal while it is in use. */
  hangUp(): void;
}

/** Runs a job under the emissary in a terminal of script(1); null after the test was skipped. */
export function terminal(
  t: TestContext,
  command: readonly string[],
  shell: { readonly prepare?: string; readonly under?: string; readonly after?: string } = {},
): Terminal | null {
  if (!requireProgram(t, 'script')) return null;
  const root = temporaryVolume(t);
  const args = [program, 'run', '--', ...command].map((arg) => `'${arg.replaceAll("'", `'\\''`)}'`).join(' ');
  const line = `${shell.prepare ?? ':'}; ${shell.under ?? ''} ${args}; status=$?; ${shell.after ?? ':'}; exit $status`;
  const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
    env: { PATH: process.env['PATH'], EMISSARY_ROOT: root, SHELL: '/bin/sh', TERM: 'dumb' },
    stdio: ['pipe', 'pipe', 'inherit', ...Array.from({ length: 6 }, () => 'ignore' as const), 'pipe'],
  });
  atEnd(t, () => {
    const { pid, exitCode, signalCode } = child;
    return pid !== undefined && exitCode === null && signalCode === null ? endTree(pid) : undefined;
  });
  const shown = collect(child, 1);
  const said = collect(child, 9);
  return {
    kept: keptBy(root),
    status: new Promise((resolve) => child.on('close', resolve)),
    shown,
    said,
    terminalPath: () => said().trim(),
    type: (keys) => child.stdin?.write(keys),
    hangUp: () => child.kill('SIGKILL'),
  };
}

/** A `prepare` script for this many attempts; they signal each other by a file in BEGUN. @param delay between two, such as `1s` */
export function attempts(retries: number, duration?: string): string {
  const retryStrategy = { retries, ...(duration !== undefined && { duration }) };
  const template = { containerSet: { containers: [{ name: 'main' }], retryStrategy } };
  const write = `printf %s '${JSON.stringify(template)}' >"$EMISSARY_ROOT/template"`;
  return `${write}; export BEGUN="$EMISSARY_ROOT/begun"`;
}

function collect(child: ChildProcess, file: number): () => string {
  const pieces: Buffer[] = [];
  const stream = child.stdio[file] as NodeJS.ReadableStream;
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  return () => Buffer.concat(pieces).toString();
}
