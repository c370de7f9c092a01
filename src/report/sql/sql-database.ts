import type { Kysely, RawBuilder, Transaction } from 'kysely';
import type { DeliveryError } from '../../base/delivery-error.ts';
import type { Tables } from './sql-tables.ts';

/** A database of MultiFlexi's: what differs between MariaDB and SQLite, and nothing else. */
export interface SqlDatabase {
  /** For messages, without credentials. */
  readonly name: string;
  readonly query: Kysely<Tables>;
  /** Locks rows that are read for a change: what SQLite does for the whole file when a transaction begins. */
  readonly locksRows: boolean;
  /** Its columns have character sets, which may lack what a text has. */
  readonly hasCharsets: boolean;
  /** The database's clock, for columns with whole seconds. */
  readonly now: RawBuilder<unknown>;
  /** The same clock in ms since 1970; null: it is our own. */
  readonly clock: RawBuilder<number> | null;
  /** A time of this clock, in whole seconds since 1970, as a column takes it. */
  at(seconds: number): RawBuilder<unknown>;
  /** The later of two times. */
  later(one: RawBuilder<unknown>, other: RawBuilder<unknown>): RawBuilder<unknown>;
  /** The last instant whose time ends with these six digits of a second, as text: a second ago at the most. */
  markedNow(mark: string): RawBuilder<string>;
  /** Whether `created_at` ends with these digits. */
  hasMark(mark: string): RawBuilder<boolean>;
  /** Bytes of one statement at the most. */
  statementBytes(): Promise<number>;
  /** Bytes of one artifact at the most, as it is stored. */
  artifactBytes(): Promise<number>;
  /**
   * Stores an artifact, whose content comes in pieces.
   * @param transaction what it belongs to
   * @param bytes how many there are in all
   */
  insertArtifact(
    transaction: Transaction<Tables>,
    row: ArtifactRow,
    pieces: AsyncIterable<Buffer>,
    bytes: number,
  ): Promise<void>;
  /** Turns what the driver threw into a sentence, and says whether trying again may help. */
  explain(error: unknown): DeliveryError;
  close(): Promise<void>;
}

/** An artifact's row beside its content. */
export interface ArtifactRow {
  readonly jobId: number;
  readonly filename: string;
  readonly contentType: string;
  readonly note: string;
}

/**
 * Locks the job's row for the rest of a transaction. A transaction that a killed sidecar left in the server holds this
 * lock until it is committed or rolled back: what is read after it is the truth.
 */
export async function lockJob(
  database: SqlDatabase,
  transaction: Transaction<Tables>,
  jobId: number,
): Promise<void> {
  if (!database.locksRows) return;
  await transaction.selectFrom('job').select('id').where('id', '=', jobId).forUpdate().execute();
}
