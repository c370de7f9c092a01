import { limits } from '../base/limits.ts';
import type { OutputLine, Pace } from './line-packer.ts';

/**
 * How far one container's output has been read, so that another process can continue there: an offset in the timeline,
 * the bytes already taken of its next piece, and for each stream the offset of the next byte and of the first byte of the
 * unfinished row.
 */
export interface Position {
  readonly timeline: number;
  readonly taken: number;
  readonly stdout: readonly [next: number, row: number];
  readonly stderr: readonly [next: number, row: number];
  /** Null before the first line. */
  readonly pace: Pace | null;
  /** The container has exited and everything was read. */
  readonly done: boolean;
}

/** The position before the first byte. */
export const beginning: Position = {
  timeline: 0,
  taken: 0,
  stdout: [0, 0],
  stderr: [0, 0],
  pace: null,
  done: false,
};

/** Where a turn ends: after this many lines or bytes, or at this position. */
export interface Turn {
  readonly lines: number;
  readonly bytes: number;
  readonly until: Position | null;
  /** The container has exited: bytes beyond the timeline and a last line without a newline are output too. */
  readonly ended: boolean;
}

/** What was read in one turn. */
export interface TurnRead {
  readonly lines: readonly OutputLine[];
  /** Bytes of the streams. */
  readonly bytes: number;
  /** The turn ended because there is no more for now. */
  readonly exhausted: boolean;
}

/** Validates a position from an untrusted file. @throws Error if it is not one */
export function checkPosition({ timeline, taken, stdout, stderr, pace, done }: Position): Position {
  const numbers = [timeline, taken, ...stdout, ...stderr, ...(pace === null ? [] : [pace.light, pace.rows])];
  // A full row and an unfinished line.
  const longest = 2 * limits.lineBytes;
  const isOne =
    numbers.every((value) => Number.isSafeInteger(value) && value >= 0) &&
    (pace === null || Number.isSafeInteger(pace.slot)) &&
    [stdout, stderr].every(([next, row]) => next - row <= longest);
  if (!isOne) throw new Error('not a position');
  return {
    timeline,
    taken,
    stdout: [stdout[0], stdout[1]],
    stderr: [stderr[0], stderr[1]],
    pace: pace === null ? null : { slot: pace.slot, light: pace.light, rows: pace.rows },
    done: done === true,
  };
}
