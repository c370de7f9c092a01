import type { Expression, Kysely, RawBuilder, Transaction } from 'kysely';
import type { DeliveryError } from '../../base/delivery-error.ts';
import type { Spool } from '../spool/spool.ts';
import type { ResultFile } from '../stores/result-key.ts';
import type { Tables } from './sql-tables.ts';

/** What a database is opened for. */
export type DatabaseAccess = 'read' | 'write';

/** A database of MultiFlexi: only what differs between MariaDB and SQLite. */
export interface SqlDatabase {
  /** For messages, without credentials. */
  readonly name: string;
  readonly query: Kysely<Tables>;
  /** Whether it locks single rows for a change; SQLite locks the whole file when a transaction begins. */
  readonly locksRows: boolean;
  /** Whether its columns have character sets, which may lack characters of a text. */
  readonly hasCharsets: boolean;
  /** The database's clock, for columns with whole seconds. */
  readonly now: RawBuilder<unknown>;
  /** The same clock in ms since 1970; null: it is our own. */
  readonly clock: RawBuilder<number> | null;
  /** A time of this clock, in whole seconds since 1970, in the form of a column. */
  at(seconds: number): RawBuilder<unknown>;
  /** What a column holds, a time, in ms since 1970. */
  msOf(column: Expression<unknown>): RawBuilder<unknown>;
  /** How many bytes a text has in UTF-8. */
  utf8BytesOf(text: Expression<unknown>): RawBuilder<unknown>;
  /** The later of two times. */
  later(one: Expression<unknown>, other: Expression<unknown>): Expression<unknown>;
  /** The last instant whose time ends with these six digits of a second, as text: at most a second ago. */
  markedNow(mark: string): RawBuilder<string>;
  /** Whether `created_at` ends with these digits. */
  hasMark(mark: string): RawBuilder<boolean>;
  /** The maximum size of one statement in bytes. */
  statementBytes(): Promise<number>;
  /** The maximum size of one artifact in bytes, in its stored form. */
  artifactBytes(): Promise<number>;
  /**
   * Stores an artifact, whose content comes in pieces.
   * @param transaction to store it in
   * @param bytes the size of all pieces together
   */
  insertArtifact(
    transaction: Transaction<Tables>,
    row: ArtifactRow,
    pieces: AsyncIterable<Buffer>,
    bytes: number,
  ): Promise<void>;
  /** Converts an error of the driver into a message, and tells whether a retry may help. */
  explain(error: unknown): DeliveryError;
  close(): Promise<void>;
}

/** Which row a job is reported into. */
export interface ReportedRow {
  readonly jobId: number;
  /** What the row holds may be the end of an earlier attempt. */
  readonly isLaterAttempt: boolean;
  /** Where a file is in the object store that keeps the results; null: there is none. */
  readonly urlOf: ((file: ResultFile) => string) | null;
}

/** A job that is reported into a database. */
export interface SqlJob extends ReportedRow {
  readonly database: SqlDatabase;
  readonly spool: Spool;
}

/** An artifact's row without its content. */
export interface ArtifactRow {
  readonly jobId: number;
  readonly filename: string;
  readonly contentType: string;
  readonly note: string;
}

/**
 * Locks the job's row for the rest of a transaction. A transaction that a killed reporter left in the server holds this
 * lock until it is committed or rolled back: what is read afterwards is final.
 */
export async function lockJob(
  { database, jobId }: Pick<SqlJob, 'database' | 'jobId'>,
  transaction: Transaction<Tables>,
): Promise<void> {
  if (!database.locksRows) return;
  await transaction.selectFrom('job').select('id').where('id', '=', jobId).forUpdate().execute();
}
