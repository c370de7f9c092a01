import { sql, type Transaction } from 'kysely';
import { limits } from '../base/limits.ts';
import { nextTurn } from '../base/timer.ts';
import type { OutputLine } from './container-output.ts';
import type { OutputLog } from './output-log.ts';
import { DeliveryError } from './sink.ts';
import type { Spool } from './spool.ts';
import { lockJob, type SqlDatabase } from './sql-database.ts';
import type { Tables } from './sql-tables.ts';

/** The spool's record of where this job's lines begin in the table. */
const baseRecord = 'first-line.json';

/**
 * Delivers output lines, each once and in order. The table itself tells how far delivery has come: line n of the job
 * has `seq` base + n. A row lock on the job keeps a transaction that a killed sidecar left behind in the server from
 * being overtaken.
 */
export class LineDelivery {
  readonly #database: SqlDatabase;
  readonly #jobId: number;
  readonly #spool: Spool;
  /** Bytes of one statement at the most; null until the database was asked. */
  #room: number | null = null;
  /** The highest `seq` that was there before the first line of this run. */
  #base: number | null = null;
  /** The next line to be delivered, counting from 1; null until the table was asked. */
  #next: number | null = null;

  constructor(database: SqlDatabase, jobId: number, spool: Spool) {
    this.#database = database;
    this.#jobId = jobId;
    this.#spool = spool;
  }

  /**
   * Delivers all lines that there are. After a failure, calling it again goes on where the table ends.
   * @param advanced called whenever some were delivered; false: the others can wait
   */
  async deliver(output: OutputLog, advanced: () => boolean): Promise<void> {
    this.#base ??= await this.#findBase();
    // Asked outside of the transaction, which has the only connection.
    this.#room ??= await this.#database.statementBytes();
    const room = this.#room;
    const base = this.#base;
    this.#next ??= (await this.#delivered(this.#database.query, base)) + 1;
    for (let batch = output.batch(this.#next); batch !== null; batch = output.batch(this.#next)) {
      const { first, lines } = batch;
      // Unknown while the transaction is under way: a lost answer may hide a success.
      this.#next = null;
      const last = await this.#database.query.transaction().execute(async (transaction) => {
        await lockJob(this.#database, transaction, this.#jobId);
        const there = await this.#delivered(transaction, base);
        const missing = lines.slice(Math.max(0, there - first + 1));
        if (missing.length > 0 && there >= first - 1) {
          await this.#insert(transaction, base + Math.max(first, there + 1), missing, room);
        }
        return Math.max(there, there >= first - 1 ? first + lines.length - 1 : 0);
      });
      this.#next = last + 1;
      if (!advanced()) return;
      await nextTurn();
    }
  }

  /** How many of our lines the table has; none where somebody has cleared it of those that were there before, too. */
  async #delivered(query: Pick<Transaction<Tables>, 'selectFrom'>, base: number): Promise<number> {
    return Math.max(0, (await lastSeq(query, this.#jobId)) - base);
  }

  async #findBase(): Promise<number> {
    const record = this.#spool.readRecord(baseRecord) as { after?: unknown } | null;
    if (typeof record?.after === 'number' && Number.isSafeInteger(record.after) && record.after >= 0) {
      return record.after;
    }
    const after = await lastSeq(this.#database.query, this.#jobId);
    this.#spool.writeRecord(baseRecord, { after });
    return after;
  }

  async #insert(
    transaction: Transaction<Tables>,
    seq: number,
    lines: readonly OutputLine[],
    room: number,
  ): Promise<void> {
    let first = seq;
    for (const part of partsWithin(lines, room)) {
      await insertRows(this.#database, transaction, this.#jobId, first, part);
      first += part.length;
    }
  }
}

/** Bytes of a row beside its line: numbers, commas, the clock. */
const rowBytes = 64;

/**
 * Cuts lines into parts that fit into one statement each, also when every character of them is escaped, and with no more
 * lines than SQLite takes values (32,766: sqlite.org/limits.html).
 */
function partsWithin(lines: readonly OutputLine[], room: number): readonly (readonly OutputLine[])[] {
  const parts: OutputLine[][] = [];
  let left = 0;
  for (const line of lines) {
    const bytes = 2 * Buffer.byteLength(line.line) + rowBytes;
    if (bytes > room - rowBytes) throw tooLong(bytes, room);
    if (bytes > left || parts.at(-1)?.length === limits.batchLines) {
      parts.push([]);
      left = room - rowBytes;
    }
    parts.at(-1)?.push(line);
    left -= bytes;
  }
  return parts;
}

/** A server cuts the connection at a statement that is too large, again and again. */
function tooLong(bytes: number, room: number): DeliveryError {
  const sentence = `The output cannot be stored: a line of it may take ${bytes} bytes, and the database takes ${room} at once (max_allowed_packet)`;
  return new DeliveryError(sentence, { permanent: true });
}

async function insertRows(
  database: SqlDatabase,
  transaction: Transaction<Tables>,
  jobId: number,
  seq: number,
  lines: readonly OutputLine[],
): Promise<void> {
  const created = database.nowExactly;
  const rows = lines.map(
    ({ type, line }, index) => sql`(${jobId}, ${seq + index}, ${type}, ${line}, ${created})`,
  );
  await sql`insert into job_output_lines (job_id, seq, type, line, created_at) values ${sql.join(rows)}`.execute(
    transaction,
  );
}

async function lastSeq(query: Pick<Transaction<Tables>, 'selectFrom'>, jobId: number): Promise<number> {
  const row = await query
    .selectFrom('job_output_lines')
    .select(({ fn }) => fn.max('seq').as('last'))
    .where('job_id', '=', jobId)
    .executeTakeFirst();
  return Number(row?.last ?? 0);
}
