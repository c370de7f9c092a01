import type { Started } from '../contract/records.ts';
import type { JobReport } from '../observe/job-report.ts';
import type { OutputLog } from './spool/output-log.ts';

/** What has become of the job so far. It only ever grows. */
export interface Progress {
  /** The first container that was started; null until one was. */
  readonly started: Started | null;
  readonly output: OutputLog;
  /** Null until the job has ended. */
  readonly report: JobReport | null;
}

/** One place that the job is reported to. */
export interface Sink {
  /** For messages: `the database`, `the REST server`. */
  readonly name: string;
  /** Its failure is said, and is no failure of the report. */
  readonly bestEffort: boolean;
  /** It writes the job's row if it can; else the database does. */
  readonly writesRowFirst?: true;
  /**
   * Brings the other side up to what has become of the job. It looks first at what is there already, so that it may be
   * called any number of times, by any process, after any failure: nothing is lost and nothing is there twice.
   *
   * @param advanced called whenever something was delivered: it is slow, but it gets somewhere; false: it was given up,
   * and nobody waits for the rest
   * @returns sentences about what the other side cannot take; they are said once
   * @throws DeliveryError
   */
  deliver(progress: Progress, advanced: () => boolean): Promise<readonly string[]>;
  /** The time for all of it is nearly over: what matters most goes first, and the rest as far as there is time. */
  prioritizeEnd?(): void;
  /** What is said where there was no time for all of it, and nothing failed. */
  readonly unfinished?: string;
  close(): Promise<void>;
}
