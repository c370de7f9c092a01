import type { SpoolRecords } from './spool/spool-records.ts';

/** The spool's record of the exit codes that this job's reporters wrote into its row, or were about to write. */
const codesRecord = 'row-codes.json';

/**
 * Distinguishes exit codes in the job's row that we wrote from those that somebody else wrote: only ours may be replaced,
 * if more is known later about the job's end.
 */
export class WrittenCodes {
  readonly #spool: SpoolRecords;

  constructor(spool: SpoolRecords) {
    this.#spool = spool;
  }

  /** In the order in which they were written. */
  get all(): readonly number[] {
    const record = this.#spool.readRecord(codesRecord);
    return Array.isArray(record) ? record.filter((code) => Number.isSafeInteger(code)) : [];
  }

  /** The codes that this one may replace. */
  allBut(code: number): readonly number[] {
    return this.all.filter((each) => each !== code);
  }

  /**
   * Takes what the row holds before our first code for the end of an earlier attempt, which is replaced.
   * @param found null: it holds none
   */
  adopt(found: number | null): void {
    if (found !== null && this.all.length === 0) this.note(found);
  }

  /** To be called before a code is written: a reporter that is killed in between may have written it. */
  note(code: number): void {
    const { all } = this;
    if (!all.includes(code)) this.#spool.writeRecord(codesRecord, [...all, code]);
  }
}
