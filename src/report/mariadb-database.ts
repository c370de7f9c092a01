import { Kysely, MysqlDialect, type MysqlPool, type MysqlPoolConnection, sql } from 'kysely';
import { createPool, type Pool } from 'mysql2';
import { limits } from '../base/limits.ts';
import type { DatabaseSettings } from '../settings/database-settings.ts';
import { explainMariadb } from './mariadb-errors.ts';
import type { SqlDatabase } from './sql-database.ts';
import type { Tables } from './sql-tables.ts';

type Settings = Extract<DatabaseSettings, { kind: 'mariadb' }>;

/** Opens MultiFlexi's MariaDB: one connection, made when it is needed and again when it was lost. */
export function openMariadb(settings: Settings): SqlDatabase {
  const pool = createPool({
    host: settings.host,
    port: settings.port,
    user: settings.user,
    password: settings.password,
    database: settings.database,
    charset: 'utf8mb4',
    connectionLimit: 1,
    connectTimeout: limits.exchangeMs,
    ...(settings.authority !== null && { ssl: { ca: settings.authority, rejectUnauthorized: true } }),
  });
  const query = new Kysely<Tables>({ dialect: new MysqlDialect({ pool: withTimeouts(pool) }) });
  const name = `the database ${settings.database} at ${settings.host}:${settings.port}`;
  return {
    name,
    query,
    locksRows: true,
    now: sql`now()`,
    nowExactly: sql`now(6)`,
    statementBytes: async () => {
      const { rows } = await sql<{ bytes: number }>`select @@max_allowed_packet as bytes`.execute(query);
      return Number(rows[0]?.bytes ?? 0);
    },
    bytesOf: (text) => Buffer.byteLength(text) + (text.match(escaped)?.length ?? 0),
    explain: (error) => explainMariadb(error, name),
    close: () => query.destroy(),
  };
}

/** A server that stopped answering without a word would otherwise be waited for as long as TCP does: for ever. */
function withTimeouts(pool: Pool): MysqlPool {
  return {
    end: (callback) => pool.end((error) => callback(error)),
    getConnection: (callback) =>
      pool.getConnection((error, connection) => {
        if (error !== null) return callback(error, undefined as never);
        callback(null, {
          release: () => connection.release(),
          query: ((text: string, values: readonly unknown[], answered: Answered) =>
            connection.query(
              { sql: text, timeout: limits.exchangeMs, values: [...values] },
              (failure, result) => {
                if (failure?.code === 'PROTOCOL_SEQUENCE_TIMEOUT') connection.destroy();
                answered(failure, result);
              },
            )) as unknown as MysqlPoolConnection['query'],
        });
      }),
  };
}

/** kysely's driver always gives a call back; its form without one is for streams. */
type Answered = (error: unknown, result: unknown) => void;

/** What the driver writes as two characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters.
const escaped = /[\0\b\t\n\r\x1a"'\\]/g;
