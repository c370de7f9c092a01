import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { limits } from '../../base/limits.ts';
import { openRegular } from '../../base/read-regular.ts';
import { writeWhole } from '../../base/write-whole.ts';
import { isSparse } from '../../kernel/sparse-reader.ts';
import { tooLarge } from '../too-large.ts';
import { copySparse } from './copy-sparse.ts';

const permissions = 0o777;
const ownerAll = 0o700;

/**
 * Copies a file or a directory tree. Follows links: mounted secrets and config maps are links into a directory whose
 * name begins with "..", which is itself skipped.
 *
 * Does not use `fs.cpSync`, which has no limits, cannot handle names that are not UTF-8, and keeps setuid bits.
 *
 * @param maxBytes total bytes that may be copied
 * @throws Error with the reason, or the operating system's error
 */
export function copyTree(from: string, stats: Stats, to: string, maxBytes: number): void {
  const left = { bytes: maxBytes, entries: limits.inputEntries };
  const count: Count = (entries, bytes) => {
    left.entries -= entries;
    left.bytes -= bytes;
    if (left.entries < 0) throw new Error(`it has more than ${limits.inputEntries} entries`);
    if (left.bytes < 0) throw new Error(tooLarge(maxBytes));
  };
  copy({ from: Buffer.from(from), stats, to: Buffer.from(to), depth: 0 }, count);
}

/** Subtracts from the remaining limits. @throws Error if they are exceeded */
type Count = (entries: number, bytes: number) => void;

interface Step {
  readonly from: Buffer;
  readonly stats: Stats;
  readonly to: Buffer;
  readonly depth: number;
}

function copy(step: Step, count: Count): void {
  const { from, stats } = step;
  if (stats.isFile()) {
    copyFile(step, count);
  } else if (stats.isDirectory()) {
    count(1, 0);
    copyDirectory(step, count);
  } else {
    throw new Error(`${from} is neither a file nor a directory`);
  }
}

/**
 * Copies to the actual end: files of /proc report size 0, those of /sys a page, and a log may shrink.
 * `fs.copyFileSync` trusts the size and retries forever to get the rest. Holes stay holes.
 */
function copyFile({ from, stats, to }: Step, count: Count): void {
  // Counted before the first byte is written.
  count(1, stats.size);
  const source = openRegular(from);
  try {
    const target = openSync(to, 'wx');
    try {
      const piece = Buffer.allocUnsafeSlow(
        Math.max(limits.pageBytes, Math.min(limits.copyBytes, stats.size)),
      );
      // These bytes are already counted.
      const known = isSparse(stats) ? copySparse(source, target, { size: stats.size, piece }) : null;
      let copied = known ?? 0;
      for (;;) {
        const read = readSync(source, piece, 0, piece.length, known === null ? null : copied);
        if (read === 0) break;
        copied += read;
        count(0, Math.max(0, Math.min(read, copied - stats.size)));
        writeWhole(target, piece.subarray(0, read), copied - read);
      }
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(source);
  }
  chmodSync(to, stats.mode & permissions);
}

function copyDirectory({ from, stats, to, depth }: Step, count: Count): void {
  if (depth > limits.inputDepth)
    throw new Error(
      `it is nested deeper than ${limits.inputDepth} directories, or a link in it points to a parent directory`,
    );
  mkdirSync(to);
  for (const name of readdirSync(from, { encoding: 'buffer' })) {
    if (name.toString('latin1').startsWith('..')) continue;
    const path = below(from, name);
    copy({ from: path, stats: statSync(path), to: below(to, name), depth: depth + 1 }, count);
  }
  // Whoever copied it must be able to remove it.
  chmodSync(to, (stats.mode & permissions) | ownerAll);
}

function below(directory: Buffer, name: Buffer): Buffer {
  return Buffer.concat([directory, Buffer.from('/'), name]);
}
