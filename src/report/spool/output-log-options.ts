import type { Volume } from '../../contract/volume.ts';
import type { StreamBounds } from '../../observe/stream-bounds.ts';

/** The configured bounds of a job's output. */
export interface OutputBounds {
  /** The maximum number of rows. */
  readonly outputRows: number;
  /** The maximum size of one stream in bytes; 0 = no limit. */
  readonly logLimit: number;
}

/** What an `OutputLog` needs from the follower of the job, and its bounds. */
export interface OutputLogOptions {
  /** Whether a container is sealed or lost, which makes its output complete. */
  readonly hasEnded: (name: string) => boolean;
  /** Called if a row will be due in this many ms even without further output. */
  readonly later: (ms: number) => void;
  /** The maximum number of rows of the job. */
  readonly rows: number;
  /** How much of the streams is read. */
  readonly streams: StreamBounds;
  /** Where the spool is; null: it is in memory. */
  readonly home: Volume | null;
}
