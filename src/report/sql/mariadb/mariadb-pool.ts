import type { MysqlPool, MysqlPoolConnection } from 'kysely';
import type { Connection } from 'mysql2';
import { connectPatiently, type PatientConnection } from './mariadb-connection.ts';
import { lostFailure } from './once-within.ts';

/** kysely's pool, extended by what kysely lacks. */
export interface PatientPool extends MysqlPool {
  /** To be used by the transaction that has the connection. */
  readonly insertInPieces: PatientConnection['insertInPieces'];
}

/**
 * A pool of one connection for kysely's driver, made on demand and made again after it was lost. Every query gets an
 * answer: a server that dies during a handshake or a query, or silently stops answering, would otherwise block forever.
 *
 * @param open starts to connect
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
      // kysely uses the connection only if there is no error.
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
      // A busy connection is cut.
      if (last === null || isTaken || last.isBroken()) {
        last?.destroy();
        callback(null);
      } else last.end(callback);
    },
  };
}
