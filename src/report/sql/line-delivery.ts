import type { Transaction } from 'kysely';
import { DeliveryError } from '../../base/delivery-error.ts';
import { limits } from '../../base/limits.ts';
import { nextTurn } from '../../base/timer.ts';
import type { OutputLine } from '../../observe/line-packer.ts';
import type { Batch, OutputLog } from '../spool/output-log.ts';
import { CharsetFit } from './charset-fit.ts';
import { type Delivered, OwnRows } from './own-rows.ts';
import { lockJob, type SqlJob } from './sql-database.ts';
import type { Tables } from './sql-tables.ts';

/**
 * Delivers output lines, each once and in order. The table itself shows how far delivery has got: only our rows are
 * counted. A row lock on the job makes us wait for a transaction that a killed reporter left in the server.
 */
export class LineDelivery {
  readonly #job: SqlJob;
  #own: OwnRows | null = null;
  /** The maximum size of one statement in bytes; null until the database was asked. */
  #room: number | null = null;
  /** Null until the table was queried, and while the outcome of a transaction is unknown. */
  #delivered: Delivered | null = null;
  /** Null unless the column lacks characters of the output. */
  #fit: CharsetFit | null = null;

  constructor(job: SqlJob) {
    this.#job = job;
  }

  /**
   * Delivers all available lines. After a failure, calling it again continues where the table ends.
   * @param advanced called whenever some were delivered; if it returns false, the others can wait
   */
  async deliver(output: OutputLog, advanced: () => boolean): Promise<void> {
    const { database } = this.#job;
    this.#own ??= await OwnRows.open(this.#job);
    // Asked outside the transaction, which occupies the only connection.
    this.#room ??= await database.statementBytes();
    let delivered = this.#delivered ?? (await this.#own.count(database.query));
    for (;;) {
      const batch = output.batch(delivered.rows + 1);
      if (batch === null) break;
      const known = this.#delivered;
      this.#delivered = null;
      delivered = await this.#deliverBatch(this.#own, batch, known, this.#room);
      this.#delivered = delivered;
      if (!advanced()) return;
      await nextTurn();
    }
  }

  /** Sentences about what the table cannot store. */
  get sentences(): readonly string[] {
    return this.#fit === null ? [] : [this.#fit.sentence];
  }

  /** @returns how far delivery has got; the batch was not delivered if rows before it are missing */
  #deliverBatch(own: OwnRows, batch: Batch, known: Delivered | null, room: number): Promise<Delivered> {
    return this.#job.database.query.transaction().execute(async (transaction) => {
      await lockJob(this.#job, transaction);
      const isKnown = known !== null && (await own.isStill(transaction, known));
      const there = isKnown ? known : await own.count(transaction);
      const missing = batch.lines.slice(Math.max(0, there.rows - batch.first + 1));
      if (missing.length === 0 || there.rows < batch.first - 1) return there;
      const seq = await own.next(transaction, there);
      await this.#insert(transaction, own, seq, missing, room);
      return { rows: there.rows + missing.length, seq: seq + missing.length - 1 };
    });
  }

  async #insert(
    transaction: Transaction<Tables>,
    own: OwnRows,
    seq: number,
    lines: readonly OutputLine[],
    room: number,
  ): Promise<void> {
    const row = await transaction
      .selectNoFrom(this.#job.database.markedNow(own.mark).as('at'))
      .executeTakeFirst();
    const at = row?.at ?? '';
    let first = seq;
    for (const part of partsWithin(lines, room)) {
      await this.#insertPart(transaction, first, part, at);
      first += part.length;
    }
  }

  async #insertPart(
    transaction: Transaction<Tables>,
    seq: number,
    lines: readonly OutputLine[],
    at: string,
  ): Promise<void> {
    const insert = async (fit: CharsetFit | null) =>
      insertRows(
        transaction,
        this.#job.jobId,
        seq,
        fit === null ? lines : await fitted(transaction, fit, lines),
        at,
      );
    if (this.#fit !== null) return insert(this.#fit);
    try {
      await insert(null);
    } catch (error) {
      if (!this.#job.database.explain(error).isOfValue) throw error;
      this.#fit = await CharsetFit.of(this.#job.database, transaction, 'job_output_lines', 'line');
      if (this.#fit === null) throw error;
      await insert(this.#fit);
    }
  }
}

/** Bytes of a row besides its line: numbers, commas, the time. */
const rowBytes = 80;
/** Bytes of a statement before its rows. */
const headBytes = 128;

/**
 * Splits lines into parts that each fit into one statement, even if every character has to be escaped, and within SQLite's
 * limit of 32,766 values (sqlite.org/limits.html).
 */
function partsWithin(lines: readonly OutputLine[], room: number): readonly (readonly OutputLine[])[] {
  const parts: OutputLine[][] = [];
  let left = 0;
  for (const line of lines) {
    const bytes = 2 * Buffer.byteLength(line.line) + rowBytes;
    if (bytes > room - headBytes) throw tooLong(bytes, room);
    if (bytes > left || parts.at(-1)?.length === limits.batchLines) {
      parts.push([]);
      left = room - headBytes;
    }
    parts.at(-1)?.push(line);
    left -= bytes;
  }
  return parts;
}

/** A server closes the connection on a statement that is too large, so that retrying is useless. */
function tooLong(bytes: number, room: number): DeliveryError {
  const sentence = `Cannot store the output: a line of it may take ${bytes} bytes, but the database accepts only ${room} at once (max_allowed_packet)`;
  return new DeliveryError(sentence, { permanent: true });
}

async function fitted(
  transaction: Transaction<Tables>,
  fit: CharsetFit,
  lines: readonly OutputLine[],
): Promise<readonly OutputLine[]> {
  const all: OutputLine[] = [];
  for (const { type, line } of lines) all.push({ type, line: await fit.fit(transaction, line) });
  return all;
}

async function insertRows(
  transaction: Transaction<Tables>,
  jobId: number,
  seq: number,
  lines: readonly OutputLine[],
  at: string,
): Promise<void> {
  const values = lines.map(({ type, line }, index) => ({
    job_id: jobId,
    seq: seq + index,
    type,
    line,
    created_at: at,
  }));
  await transaction.insertInto('job_output_lines').values(values).execute();
}
