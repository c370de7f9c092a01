import { chmodSync, constants, copyFileSync, mkdirSync, readdirSync, type Stats, statSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import { tooLarge } from './too-large.ts';

const permissions = 0o777;
const ownerAll = 0o700;

/**
 * Copies a file, or a directory with all that is below it. Links are followed: mounted secrets and config maps are links
 * into a directory whose name begins with "..", which is left out.
 *
 * Not by `fs.cpSync`, which knows neither bounds nor names that are not UTF-8, and keeps setuid bits.
 *
 * @param most bytes that it may have in all
 * @throws Error with the reason, or the operating system's error
 */
export function copyTree(from: string, stats: Stats, to: string, most: number): void {
  const left = { bytes: most, entries: limits.inputEntries };
  const count = (bytes: number) => {
    left.entries -= 1;
    left.bytes -= bytes;
    if (left.entries < 0) throw new Error(`it has more than ${limits.inputEntries} entries`);
    if (left.bytes < 0) throw new Error(tooLarge(most));
  };
  copy({ from: Buffer.from(from), stats, to: Buffer.from(to), depth: 0 }, count);
}

interface Step {
  readonly from: Buffer;
  readonly stats: Stats;
  readonly to: Buffer;
  readonly depth: number;
}

function copy(step: Step, count: (bytes: number) => void): void {
  const { from, stats, to } = step;
  if (stats.isFile()) {
    count(stats.size);
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
    chmodSync(to, stats.mode & permissions);
  } else if (stats.isDirectory()) {
    count(0);
    copyDirectory(step, count);
  } else {
    throw new Error(`${from} is neither a file nor a directory`);
  }
}

function copyDirectory({ from, stats, to, depth }: Step, count: (bytes: number) => void): void {
  if (depth > limits.inputDepth)
    throw new Error(`it is nested deeper than ${limits.inputDepth} directories, or a link in it leads up`);
  mkdirSync(to);
  for (const name of readdirSync(from, { encoding: 'buffer' })) {
    if (name.toString('latin1').startsWith('..')) continue;
    const path = below(from, name);
    copy({ from: path, stats: statSync(path), to: below(to, name), depth: depth + 1 }, count);
  }
  // Whoever copied it must be able to remove it again.
  chmodSync(to, (stats.mode & permissions) | ownerAll);
}

function below(directory: Buffer, name: Buffer): Buffer {
  return Buffer.concat([directory, Buffer.from('/'), name]);
}
