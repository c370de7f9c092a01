import type { MysqlPool, MysqlPoolConnection } from 'kysely';
import type { Connection } from 'mysql2';
import { limits } from '../base/limits.ts';
import { after } from '../base/timer.ts';
import { type Guard, guarded } from './mariadb-guard.ts';

/**
 * One connection as kysely's driver takes it, made when it is needed and again when it was lost, with every answer
 * certain to come: a server that dies in the midst of a handshake or a query, or stops answering without a word, would
 * otherwise be waited for for ever.
 *
 * @param open begins to connect
 */
export function patientPool(open: () => Connection): MysqlPool {
  let kept: PatientConnection | null = null;
  let isTaken = false;
  const waiting: (() => void)[] = [];
  const release = () => {
    isTaken = false;
    waiting.shift()?.();
  };
  const take: MysqlPool['getConnection'] = (callback) => {
    isTaken = true;
    const hand = (error: unknown, connection: PatientConnection | null) => {
      kept = error ? null : connection;
      if (error) release();
      // kysely looks at the connection only where there is no error.
      callback(error, connection as unknown as MysqlPoolConnection);
    };
    if (kept === null || kept.isBroken()) connect(open, release, hand);
    else hand(null, kept);
  };
  return {
    getConnection: (callback) => {
      if (isTaken) waiting.push(() => take(callback));
      else take(callback);
    },
    end: (callback) => {
      const last = kept;
      kept = null;
      // What is in the midst of something is cut.
      if (last === null || isTaken || last.isBroken()) {
        last?.destroy();
        callback(null);
      } else last.end(callback);
    },
  };
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

type Answer = (error: unknown, result: unknown) => void;

interface PatientConnection extends MysqlPoolConnection {
  isBroken(): boolean;
  destroy(): void;
  end(callback: (error: unknown) => void): void;
}

function connect(
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
  const query = (text: string, values: readonly unknown[], answered: Answer): void => {
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
    connection.query({ sql: text, values: [...values] }, (error, result) => answer(error, result));
  };
  return {
    release,
    // kysely's driver always gives a call back; its form without one is for streams.
    query: query as unknown as MysqlPoolConnection['query'],
    isBroken: () => broken !== null,
    destroy: () => connection.destroy(),
    end: (callback) => connection.end((error) => callback(error)),
  };
}

/** Calls back once: with the answer, or with a failure when it does not come. */
function onceWithin(ms: number, callback: Answer): Answer {
  let open = true;
  const finish: Answer = (error, result) => {
    timer.cancel();
    if (open) {
      open = false;
      callback(error, result);
    }
  };
  const timer = after(ms, () => finish(failure('ETIMEDOUT', `no answer within ${ms / 1000} s`), null));
  return finish;
}

function lostFailure(): Error {
  return failure('PROTOCOL_CONNECTION_LOST', 'the server closed the connection');
}

function failure(code: string, words: string): Error {
  return Object.assign(new Error(words), { code, fatal: true });
}

function isFatal(error: unknown): boolean {
  return error instanceof Error && 'fatal' in error && error.fatal === true;
}
