import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Bytes of the end of the file that are looked at: `N/M` and a line before it. */
const tailBytes = 128;

/** How far a job is. */
export interface JobProgress {
  readonly done: number;
  readonly all: number;
}

/** The last whole line `N/M` of a progress file; null where there is none. */
export function readJobProgress(file: string): JobProgress | null {
  const lines = readTail(file).split('\n').slice(0, -1).reverse();
  for (const line of lines) {
    const found = /^([0-9]{1,15})\/([0-9]{1,15})$/.exec(line.trim());
    if (found !== null) return { done: Number(found[1]), all: Number(found[2]) };
  }
  return null;
}

function readTail(file: string): string {
  try {
    const opened = openSync(file, 'r');
    try {
      const tail = Buffer.alloc(tailBytes);
      const start = Math.max(0, fstatSync(opened).size - tailBytes);
      return tail.toString('latin1', 0, readSync(opened, tail, 0, tailBytes, start));
    } finally {
      closeSync(opened);
    }
  } catch {
    // Not there (yet): a job need not report its progress.
    return '';
  }
}
