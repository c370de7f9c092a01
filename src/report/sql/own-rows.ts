import { randomInt } from 'node:crypto';
import type { SelectQueryBuilder, Transaction } from 'kysely';
import { limits } from '../../base/limits.ts';
import type { SqlDatabase, SqlJob } from './sql-database.ts';
import type { Tables } from './sql-tables.ts';

/** The spool's record that distinguishes our rows of this job from those of others. */
const ownRecord = 'first-line.json';

/** How far delivery has got. */
export interface Delivered {
  /** How many of our rows the table has. */
  readonly rows: number;
  /** The number of the last of them; if there is none, the highest that was there before. */
  readonly seq: number;
}

type Query = Pick<Transaction<Tables>, 'selectFrom'>;

/**
 * Distinguishes our rows of a job from those that other programs write. There is no column for it: the times of our rows
 * end with the same six digits of a second, which the spool keeps, and their numbers are higher than any that existed
 * before our first row.
 */
export class OwnRows {
  readonly mark: string;
  readonly #database: SqlDatabase;
  readonly #jobId: number;
  readonly #after: number;

  private constructor(
    database: SqlDatabase,
    jobId: number,
    { after, mark }: { after: number; mark: string },
  ) {
    this.#database = database;
    this.#jobId = jobId;
    this.#after = after;
    this.mark = mark;
  }

  /** Reads the record; makes it if this is the first reporter of the job. */
  static async open({ database, jobId, spool }: SqlJob): Promise<OwnRows> {
    const kept = readRecord(spool.readRecord(ownRecord));
    if (kept !== null) return new OwnRows(database, jobId, kept);
    const after = await highestSeq(database.query, jobId);
    const made = { after, mark: String(randomInt(1, 1_000_000)).padStart(6, '0') };
    spool.writeRecord(ownRecord, made);
    return new OwnRows(database, jobId, made);
  }

  /** Counts our rows. */
  async count(query: Query): Promise<Delivered> {
    const row = await this.#ours(query, this.#after).executeTakeFirst();
    return { rows: Number(row?.rows ?? 0), seq: Number(row?.last ?? this.#after) };
  }

  /** Whether our last row is still the same: the table may have been restored from a backup. */
  async isStill(query: Query, { rows, seq }: Delivered): Promise<boolean> {
    if (rows === 0) return (await this.count(query)).rows === 0;
    const row = await this.#ours(query, seq - 1).executeTakeFirst();
    return Number(row?.first ?? 0) === seq;
  }

  /** The number for our next row: higher than all others, so that any reading order matches the order of writing. */
  async next(query: Query, { seq }: Delivered): Promise<number> {
    return Math.max(seq, this.#after, await highestSeq(query, this.#jobId)) + 1;
  }

  #ours(query: Query, after: number) {
    return of(query, this.#jobId)
      .select(({ fn }) => [fn.countAll().as('rows'), fn.min('seq').as('first'), fn.max('seq').as('last')])
      .where('seq', '>', after)
      .where('type', 'in', ['stdout', 'stderr'])
      .where(this.#database.hasMark(this.mark));
  }
}

function of(query: Query, jobId: number): SelectQueryBuilder<Tables, 'job_output_lines', object> {
  return query.selectFrom('job_output_lines').where('job_id', '=', jobId);
}

/** The highest number of anybody's row, except one so high that no number would be left after it. */
export async function highestSeq(query: Query, jobId: number): Promise<number> {
  const row = await of(query, jobId)
    .select(({ fn }) => fn.max('seq').as('last'))
    .where('seq', '<', limits.rowNumbers)
    .executeTakeFirst();
  return Number(row?.last ?? 0);
}

function readRecord(record: unknown): { readonly after: number; readonly mark: string } | null {
  const { after, mark } = (record ?? {}) as { after?: unknown; mark?: unknown };
  const isNumber = typeof after === 'number' && Number.isSafeInteger(after) && after >= 0;
  if (!isNumber || after >= limits.rowNumbers || typeof mark !== 'string') return null;
  return /^[0-9]{6}$/.test(mark) ? { after, mark } : null;
}
