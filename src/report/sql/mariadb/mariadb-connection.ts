import type { MysqlPoolConnection } from 'kysely';
import type { Connection, PrepareStatementInfo } from 'mysql2';
import { limits } from '../../../base/limits.ts';
import { longDataHeader } from './long-data-header.ts';
import { type Guard, guarded } from './mariadb-guard.ts';
import { type Answer, lostFailure, onceWithin } from './once-within.ts';

/** A connection that answers every query, if only with a failure. */
export interface PatientConnection extends MysqlPoolConnection {
  isBroken(): boolean;
  destroy(): void;
  end(callback: (error: unknown) => void): void;
  /** Runs a statement whose last value comes in pieces, so that it is never completely in memory. */
  insertInPieces(text: string, values: readonly unknown[], pieces: AsyncIterable<Buffer>): Promise<void>;
}

/**
 * Session settings that this program relies on, whatever the server's defaults: texts are UTF-8 and escaped with
 * backslashes (otherwise a job's line could end its own quotation), values that are too long are errors, writes are
 * committed, and waiting for a lock is limited.
 */
const session = [
  "set names utf8mb4, sql_mode = 'STRICT_ALL_TABLES', autocommit = 1",
  `lock_wait_timeout = ${limits.mariadbLockSeconds}, innodb_lock_wait_timeout = ${limits.mariadbLockSeconds}`,
].join(', ');

/**
 * Makes a connection and sets up its session.
 * @param open starts to connect
 * @param release called when kysely gives it back
 */
export function connectPatiently(
  open: () => Connection,
  release: () => void,
  hand: (error: unknown, connection: PatientConnection | null) => void,
): void {
  const connection = open();
  const patient = patientConnection(connection, guarded(connection), release);
  const finish: Answer = (error) => {
    if (error) connection.destroy();
    hand(error, error ? null : patient);
  };
  const connected = onceWithin(limits.connectMs, (error) => {
    if (error) finish(error, null);
    else patient.query(session, [], finish);
  });
  connection.on('error', (error) => connected(error, null));
  connection.once('end', () => connected(lostFailure(), null));
  connection.once('connect', () => connected(null, null));
}

function patientConnection(connection: Connection, guard: Guard, release: () => void): PatientConnection {
  const queries = new PatientQueries(connection, guard);
  const query = (text: string, values: readonly unknown[], answered: Answer): void =>
    queries.ask((answer) => connection.query({ sql: text, values: [...values] }, answer), answered);
  return {
    release,
    // kysely's driver always passes a callback; the form without one is for streams.
    query: query as unknown as MysqlPoolConnection['query'],
    isBroken: () => queries.isBroken,
    destroy: () => connection.destroy(),
    end: (callback) => connection.end((error) => callback(error)),
    insertInPieces: async (text, values, pieces) => {
      const statement = await queries.asked<PrepareStatementInfo>((answer) =>
        connection.prepare(text, answer),
      );
      try {
        for await (const piece of pieces) {
          const header = longDataHeader(statement, values.length, piece.length);
          // The server does not answer this packet: it is done when the connection has accepted it.
          await queries.asked((answer) => guard.write([header, piece], (error) => answer(error, null)));
        }
        await queries.asked((answer) => statement.execute([...values, ''], answer));
      } finally {
        // This also discards the pieces of a value that is not to be stored.
        if (!queries.isBroken) connection.unprepare(text);
      }
    },
  };
}

/** The queries over one connection: each gets an answer in time, and once the connection is broken, all fail. */
class PatientQueries {
  readonly #connection: Connection;
  readonly #guard: Guard;
  #broken: unknown = null;

  constructor(connection: Connection, guard: Guard) {
    this.#connection = connection;
    this.#guard = guard;
    connection.on('error', (error) => this.#breakWith(error));
    connection.on('end', () => this.#breakWith(lostFailure()));
  }

  get isBroken(): boolean {
    return this.#broken !== null;
  }

  ask(query: (answered: Answer) => void, answered: Answer): void {
    // The rollback of a transaction would hide what broke it.
    if (this.#broken !== null) return answered(this.#broken, null);
    const answer = onceWithin(limits.exchangeMs, (error, result) => {
      this.#connection.off('end', lost);
      if (isFatal(error)) {
        this.#breakWith(error);
        this.#connection.destroy();
      }
      answered(error, result);
    });
    const lost = () => answer(lostFailure(), null);
    this.#connection.once('end', lost);
    this.#guard.expect(limits.databaseAnswerBytes);
    query(answer);
  }

  asked<T>(query: (answered: Answer) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      this.ask(query, (error, result) => (error ? reject(error) : resolve(result as T)));
    });
  }

  #breakWith(error: unknown): void {
    this.#broken ??= error;
  }
}

function isFatal(error: unknown): boolean {
  return error instanceof Error && 'fatal' in error && error.fatal === true;
}
