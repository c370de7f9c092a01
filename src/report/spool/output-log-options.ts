import type { Volume } from '../../contract/volume.ts';
import type { StreamBounds } from '../../observe/stream-bounds.ts';

/** The bounds of the output that is taken of a job, as the settings have them. */
export interface OutputBounds {
  /** Rows at the most. */
  readonly outputRows: number;
  /** Bytes of one stream at the most; 0 = no limit. */
  readonly logLimit: number;
}

/** What an `OutputLog` asks of the one who follows the job, and what it is bounded by. */
export interface OutputLogOptions {
  /** Whether a container is sealed or lost, so that its output is complete. */
  readonly hasEnded: (name: string) => boolean;
  /** Called when there will be a row in so many ms, although nothing more happens. */
  readonly later: (ms: number) => void;
  /** Rows of the job at the most. */
  readonly rows: number;
  /** How much of the streams is taken. */
  readonly streams: StreamBounds;
  /** Where the spool is; null: it is in memory. */
  readonly home: Volume | null;
}
