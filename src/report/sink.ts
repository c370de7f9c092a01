import type { Started } from '../contract/records.ts';
import type { JobReport } from '../observe/job-report.ts';
import type { OutputLog } from './spool/output-log.ts';

/** The progress of the job so far. It only ever grows. */
export interface Progress {
  /** The first container that was started; null until there is one. */
  readonly started: Started | null;
  readonly output: OutputLog;
  /** Null until the job has ended. */
  readonly report: JobReport | null;
}

/** A destination that the job is reported to. */
export interface Sink {
  /** For messages: `the database`, `the REST server`. */
  readonly name: string;
  /** A failure of this sink is logged, but does not fail the report. */
  readonly bestEffort: boolean;
  /** It gets only a part of the job: the result as a whole goes elsewhere. */
  readonly isPartial?: true;
  /** This sink writes the job's row if it can; otherwise the database does. */
  readonly writesRowFirst?: true;
  /**
   * Brings the destination up to date. It first checks what is already there, so that it may be called any number of
   * times, by any process, after any failure: nothing is lost and nothing is stored twice.
   *
   * @param advanced called whenever something was delivered, however slowly; it returns false once delivery was given up:
   * then the rest is not needed
   * @returns sentences about what the destination cannot store; each is logged once
   * @throws DeliveryError
   */
  deliver(progress: Progress, advanced: () => boolean): Promise<readonly string[]>;
  /** Called when the time is nearly over: the most important items go first, the rest only as far as there is time. */
  prioritizeEnd?(): void;
  /** The message if there was no time for everything although nothing failed. */
  readonly unfinished?: string | undefined;
  close(): Promise<void>;
}
