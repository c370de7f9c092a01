import type { Transaction } from 'kysely';
import { limits } from '../../base/limits.ts';
import { markIn, markPatterns } from './artifact-note.ts';
import type { Tables } from './sql-tables.ts';

type Query = Pick<Transaction<Tables>, 'selectFrom'>;

/**
 * The marks of the stored artifacts. Each row is read once: a job may have any number of them, and SQLite has no index on
 * their job.
 */
export class StoredMarks {
  readonly #jobId: number;
  readonly #marks = new Set<string>();
  /** The highest id that was read. Storing requires the lock of the job's row, so that ids appear in order. */
  #last = 0;

  constructor(jobId: number) {
    this.#jobId = jobId;
  }

  /** @param query a result of false is certain only in a transaction that has locked the job's row */
  async has(query: Query, mark: string): Promise<boolean> {
    for (let found: number | null = null; found === null || found === limits.answerRows; )
      found = await this.#readOn(query);
    return this.#marks.has(mark);
  }

  async #readOn(query: Query): Promise<number> {
    const rows = await query
      .selectFrom('artifacts')
      .select(['id', 'note'])
      .where('job_id', '=', this.#jobId)
      .where('id', '>', this.#last)
      .where((on) => on.or(markPatterns.map((pattern) => on('note', 'like', pattern))))
      .orderBy('id')
      .limit(limits.answerRows)
      .execute();
    for (const { id, note } of rows) {
      const mark = markIn(note ?? '');
      if (mark !== null) this.#marks.add(mark);
      this.#last = id;
    }
    return rows.length;
  }
}
