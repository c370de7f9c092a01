import type { ObjectAbout } from './object-store.ts';
import type { Pace } from './pace.ts';
import type { UploadRecord } from './upload-record.ts';

/** The bytes of a new object. They may be read in part, and more than once. */
export interface ObjectSource {
  readonly bytes: number;
  /** Fills a buffer with the bytes from `start` on. @throws StoreError `invalid` if there are fewer */
  read(into: Buffer, start: number): Promise<void>;
}

/** How an object is put. */
export interface PutContext {
  readonly about: ObjectAbout;
  /** Shared by all that goes to the same store. */
  readonly pace: Pace;
  /** What an earlier process left of this object; null: nothing. */
  readonly upload: UploadRecord | null;
  /**
   * Keeps what a later process must know to go on, and forgets it (null); where it is kept, an object that a connection
   * broke is not aborted. Null: nothing is kept.
   */
  readonly keep: ((upload: UploadRecord | null) => void) | null;
  /** Called for what the store has taken. */
  readonly advanced: (bytes: number) => void;
  readonly signal: AbortSignal;
}
