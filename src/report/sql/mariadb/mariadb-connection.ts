import type { MysqlPoolConnection } from 'kysely';
import type { Connection, PrepareStatementInfo } from 'mysql2';
import { limits } from '../../../base/limits.ts';
import { longDataHeader } from './long-data-header.ts';
import { type Guard, guarded } from './mariadb-guard.ts';
import { type Answer, lostFailure, onceWithin } from './once-within.ts';

/** A connection whose every answer is certain to come, if only as a failure. */
export interface PatientConnection extends MysqlPoolConnection {
  isBroken(): boolean;
  destroy(): void;
  end(callback: (error: unknown) => void): void;
  /** Runs a statement whose last value comes in pieces: neither here nor on the way is it ever there as a whole. */
  insertInPieces(text: string, values: readonly unknown[], pieces: AsyncIterable<Buffer>): Promise<void>;
}

/**
 * What a server may have set otherwise for everybody, and everything here relies on: texts are UTF-8 and escaped with
 * backslashes (else a job's line could end its own quotation), too much is an error, what is written stays, and a lock
 * that somebody holds is not waited for all day.
 */
const session = [
  "set names utf8mb4, sql_mode = 'STRICT_ALL_TABLES', autocommit = 1",
  `lock_wait_timeout = ${limits.mariadbLockSeconds}, innodb_lock_wait_timeout = ${limits.mariadbLockSeconds}`,
].join(', ');

/**
 * Makes a connection and prepares it.
 * @param open begins to connect
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
  let broken: unknown = null;
  const breakWith = (error: unknown) => {
    broken ??= error;
  };
  connection.on('error', breakWith);
  connection.on('end', () => breakWith(lostFailure()));
  const ask = (question: (answered: Answer) => void, answered: Answer): void => {
    // The end of a transaction would hide what ended it.
    if (broken !== null) return answered(broken, null);
    const answer = onceWithin(limits.exchangeMs, (error, result) => {
      connection.off('end', lost);
      if (isFatal(error)) {
        breakWith(error);
        connection.destroy();
      }
      answered(error, result);
    });
    const lost = () => answer(lostFailure(), null);
    connection.once('end', lost);
    guard.expect(limits.databaseAnswerBytes);
    question(answer);
  };
  const asked = <T>(question: (answered: Answer) => void): Promise<T> =>
    new Promise((resolve, reject) => {
      ask(question, (error, result) => (error ? reject(error) : resolve(result as T)));
    });
  const query = (text: string, values: readonly unknown[], answered: Answer): void =>
    ask((answer) => connection.query({ sql: text, values: [...values] }, answer), answered);
  return {
    release,
    // kysely's driver always gives a call back; its form without one is for streams.
    query: query as unknown as MysqlPoolConnection['query'],
    isBroken: () => broken !== null,
    destroy: () => connection.destroy(),
    end: (callback) => connection.end((error) => callback(error)),
    insertInPieces: async (text, values, pieces) => {
      const statement = await asked<PrepareStatementInfo>((answer) => connection.prepare(text, answer));
      try {
        for await (const piece of pieces) {
          const header = longDataHeader(statement, values.length, piece.length);
          // It is not answered: it is done when the connection has taken it.
          await asked((answer) => guard.write([header, piece], (error) => answer(error, null)));
        }
        await asked((answer) => statement.execute([...values, ''], answer));
      } finally {
        // What was sent of a value that is not to be stored goes with it.
        if (broken === null) connection.unprepare(text);
      }
    },
  };
}

function isFatal(error: unknown): boolean {
  return error instanceof Error && 'fatal' in error && error.fatal === true;
}
