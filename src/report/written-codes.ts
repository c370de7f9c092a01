import type { Spool } from './spool/spool.ts';

/** The spool's record of the exit codes that this job's sidecars have written into its row, or were about to. */
const codesRecord = 'row-codes.json';

/**
 * Tells the exit codes in the job's row that are ours from those that somebody else has written: only the former may be
 * replaced, where more is known of the job's end than at first.
 */
export class WrittenCodes {
  readonly #spool: Spool;

  constructor(spool: Spool) {
    this.#spool = spool;
  }

  /** In the order in which they were written. */
  get all(): readonly number[] {
    const record = this.#spool.readRecord(codesRecord);
    return Array.isArray(record) ? record.filter((code) => Number.isSafeInteger(code)) : [];
  }

  /** Those that another one may replace. */
  allBut(code: number): readonly number[] {
    return this.all.filter((each) => each !== code);
  }

  /** Before it is written: a sidecar that is killed in between may have written it. */
  note(code: number): void {
    const { all } = this;
    if (!all.includes(code)) this.#spool.writeRecord(codesRecord, [...all, code]);
  }
}
