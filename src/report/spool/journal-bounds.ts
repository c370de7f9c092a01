import type { Position } from '../../observe/output-position.ts';

/** The current state of the files of one container's log; sizes in bytes. */
export interface LogFiles {
  /** Distinguishes this log from that of another run; null if there is no log. */
  readonly identity: string | null;
  readonly timeline: number;
  readonly stdout: number;
  readonly stderr: number;
}

/**
 * Whether a position of the journal is possible in these files. A job may forge journal entries, and a position beyond the
 * end would lose everything before it.
 *
 * @param log the log that the journal entry refers to; positions in a log that is gone are accepted as they are
 */
export function isWithin(position: Position, files: LogFiles, log: string | undefined): boolean {
  if (log !== undefined && log !== files.identity) return true;
  return (
    position.timeline <= files.timeline &&
    position.stdout[0] <= files.stdout &&
    position.stderr[0] <= files.stderr &&
    position.taken <= Math.max(files.stdout, files.stderr)
  );
}
