import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from './row.ts';

const outputBytes = 1_000_000_000;

/** A command line that starts a container, and its environment. */
export interface Start {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Starts a container with a command in it. */
export function begin({ args, env }: Start, command: readonly string[]) {
  const [file = '', ...rest] = [...args, ...command];
  return spawn(file, rest, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
  });
}

/** Ms from the start to the first byte of the job's, and to the end. */
export async function timeOf(
  start: Start,
  command: readonly string[],
): Promise<{ first: number; all: number }> {
  const began = performance.now();
  const child = begin(start, command);
  let first = 0;
  child.stdout.once('data', () => {
    first = performance.now() - began;
  });
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`${start.args.join(' ')} ended with ${status}`);
  return { first, all: performance.now() - began };
}

/** MB/s of 1 GB of output, less with a smaller scale. @throws Error if it is not complete */
export async function throughput(start: Start, scale: number): Promise<number> {
  const wanted = Math.round(outputBytes * Math.min(1, scale));
  const began = performance.now();
  const child = begin(start, ['sh', '-c', `head -c ${wanted} /dev/zero`]);
  let bytes = 0;
  child.stdout.on('data', (piece: Buffer) => {
    bytes += piece.length;
  });
  const [status] = await once(child, 'close');
  if (status !== 0 || bytes !== wanted) throw new Error(`${bytes} bytes, status ${status}`);
  return bytes / 1e6 / ((performance.now() - began) / 1000);
}

/** The tree of an image with a shell and a few tools. */
export function busyboxTree(bench: Bench): string {
  const tree = bench.directory();
  fillWithBusybox(tree);
  return tree;
}

/** Puts a shell and a few tools into an empty directory. */
export function fillWithBusybox(tree: string): void {
  mkdirSync(join(tree, 'bin'));
  copyFileSync('/bin/busybox', join(tree, 'bin/busybox'));
  for (const name of ['true', 'echo', 'sh', 'head', 'sleep']) symlinkSync('busybox', join(tree, 'bin', name));
}
