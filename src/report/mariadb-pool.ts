import type { MysqlPool, MysqlPoolConnection } from 'kysely';
import type { Pool, PoolConnection } from 'mysql2';
import { limits } from '../base/limits.ts';
import { after } from '../base/timer.ts';

/**
 * mysql2's pool as kysely's driver takes it, with every answer certain to come: a server that dies in the midst of a
 * handshake or a query, or stops answering without a word, would otherwise be waited for for ever.
 */
export function patientPool(pool: Pool): MysqlPool {
  const prepared = new WeakSet<PoolConnection>();
  return {
    end: (callback) => pool.end((error) => callback(error)),
    getConnection: (callback) => {
      const connected = onceWithin(limits.connectMs, (error, result) => {
        if (error) return callback(error, undefined as unknown as MysqlPoolConnection);
        const connection = result as PoolConnection;
        const patient = patientConnection(connection);
        const hand = (failure: unknown) => {
          if (failure) connection.destroy();
          else prepared.add(connection);
          callback(failure, patient);
        };
        if (prepared.has(connection)) hand(null);
        else patient.query(session, [], hand);
      });
      pool.getConnection((error, connection) => {
        // The timer may have given it up already: then it is of no use to anybody.
        if (!connected(error, connection) && connection !== undefined) connection.destroy();
      });
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

function patientConnection(connection: PoolConnection): MysqlPoolConnection {
  let broken: unknown = null;
  const query = (text: string, values: readonly unknown[], answered: Answer): void => {
    // The end of a transaction would hide what ended it.
    if (broken !== null) return answered(broken, null);
    const answer = onceWithin(limits.exchangeMs, (error, result) => {
      connection.off('end', lost);
      if (isFatal(error)) {
        broken = error;
        // The pool would go on handing out a connection that the server has closed.
        connection.destroy();
      }
      answered(error, result);
    });
    const lost = () => answer(failure('PROTOCOL_CONNECTION_LOST', 'the server closed the connection'), null);
    connection.once('end', lost);
    connection.query({ sql: text, values: [...values] }, (error, result) => answer(error, result));
  };
  // kysely's driver always gives a call back; its form without one is for streams.
  return { release: () => connection.release(), query: query as unknown as MysqlPoolConnection['query'] };
}

/** Calls back once: with the answer, or with a failure when it does not come. @returns by the answer: is it in time? */
function onceWithin(ms: number, callback: Answer): (error: unknown, result: unknown) => boolean {
  let open = true;
  const finish = (error: unknown, result: unknown): boolean => {
    const inTime = open;
    open = false;
    timer.cancel();
    if (inTime) callback(error, result);
    return inTime;
  };
  const timer = after(ms, () => finish(failure('ETIMEDOUT', `no answer within ${ms / 1000} s`), null));
  return finish;
}

function failure(code: string, words: string): Error {
  return Object.assign(new Error(words), { code, fatal: true });
}

function isFatal(error: unknown): boolean {
  return error instanceof Error && 'fatal' in error && error.fatal === true;
}
