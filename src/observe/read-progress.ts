import { closeSync, fstatSync, readSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import { openRegular } from '../base/read-regular.ts';
import type { Volume } from '../contract/volume.ts';

/** How far a job is, by its own account. */
export interface JobProgress {
  readonly done: number;
  readonly all: number;
}

/** The progress that a job reports on its volume; null where it reports none. */
export function readProgress(volume: Volume): JobProgress | null {
  const opened = volume.openFile('progress');
  if ('kind' in opened) return null;
  try {
    return progressIn(opened.descriptor);
  } finally {
    closeSync(opened.descriptor);
  }
}

/** The same of a file that the job was given elsewhere (`PROGRESS_FILE`). */
export function readProgressFile(path: string): JobProgress | null {
  try {
    const file = openRegular(path);
    try {
      return progressIn(file);
    } finally {
      closeSync(file);
    }
  } catch {
    // Not there (yet): a job need not report its progress.
    return null;
  }
}

/**
 * The last line `N/M`. Without its newline it may be half written: it counts where there is no other, or where it goes to
 * the same end.
 */
function progressIn(file: number): JobProgress | null {
  const tail = Buffer.alloc(limits.progressTailBytes);
  const start = Math.max(0, fstatSync(file).size - tail.length);
  const lines = tail.toString('latin1', 0, readSync(file, tail, 0, tail.length, start)).split('\n');
  const last = parsed(lines.pop() ?? '');
  const whole =
    lines
      .reverse()
      .map(parsed)
      .find((found) => found !== null) ?? null;
  return last !== null && (whole === null || whole.all === last.all) ? last : whole;
}

function parsed(line: string): JobProgress | null {
  const found = /^([0-9]{1,15})\/([0-9]{1,15})$/.exec(line.trim());
  return found === null ? null : { done: Number(found[1]), all: Number(found[2]) };
}
