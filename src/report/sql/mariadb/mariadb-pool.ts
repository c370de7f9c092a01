import type { MysqlPool, MysqlPoolConnection } from 'kysely';
import type { Connection } from 'mysql2';
import { connectPatiently, type PatientConnection } from './mariadb-connection.ts';
import { lostFailure } from './once-within.ts';

/** kysely's pool, and what kysely does not have. */
export interface PatientPool extends MysqlPool {
  /** For the transaction that has the connection. */
  readonly insertInPieces: PatientConnection['insertInPieces'];
}

/**
 * One connection as kysely's driver takes it, made when it is needed and again when it was lost, with every answer
 * certain to come: a server that dies in the midst of a handshake or a query, or stops answering without a word, would
 * otherwise be waited for for ever.
 *
 * @param open begins to connect
 */
export function patientPool(open: () => Connection): PatientPool {
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
    if (kept === null || kept.isBroken()) connectPatiently(open, release, hand);
    else hand(null, kept);
  };
  return {
    getConnection: (callback) => {
      if (isTaken) waiting.push(() => take(callback));
      else take(callback);
    },
    insertInPieces: async (text, values, pieces) => {
      if (kept === null || kept.isBroken()) throw lostFailure();
      await kept.insertInPieces(text, values, pieces);
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
