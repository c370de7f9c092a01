import type { Position } from '../../observe/output-position.ts';

/** The files of one container's log as they are now; sizes in bytes. */
export interface LogFiles {
  /** What tells this log from that of another run; null where there is none. */
  readonly identity: string | null;
  readonly timeline: number;
  readonly stdout: number;
  readonly stderr: number;
}

/**
 * Whether a position of the journal can be one of these files. A job may write to the journal what it likes, and a
 * position behind the end would lose all that is before it.
 *
 * @param log the log that the journal said it was about; positions in a log that is gone are taken as they are
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
