import type { JobReport } from '../../observe/job-report.ts';
import type { Progress, Sink } from '../sink.ts';
import type { Spool } from '../spool/spool.ts';

/** Announces a job's end. @throws DeliveryError */
export type Announce = (report: JobReport) => Promise<void>;

/**
 * A best-effort sink that is notified once, at the job's end. The destination cannot be asked whether it was notified, so
 * the spool records it.
 */
export class OnceSink implements Sink {
  readonly name: string;
  readonly bestEffort = true;
  readonly #record: string;
  readonly #announce: Announce;
  readonly #spool: Spool;

  /** @param record the name of the spool's record */
  constructor(name: string, record: string, announce: Announce, spool: Spool) {
    this.name = name;
    this.#record = record;
    this.#announce = announce;
    this.#spool = spool;
  }

  async deliver({ report }: Progress): Promise<readonly string[]> {
    if (report === null || this.#spool.readRecord(this.#record) !== null) return [];
    await this.#announce(report);
    this.#spool.writeRecord(this.#record, { sentAt: new Date().toISOString() });
    return [];
  }

  async close(): Promise<void> {
    // Nothing is kept open.
  }
}
