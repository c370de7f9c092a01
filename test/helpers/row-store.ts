import type { SQLInputValue } from 'node:sqlite';
import type { Mariadb } from './mariadb.ts';
import type { RowStore } from './rest-server.ts';
import type { SqliteFile } from './sqlite.ts';

/** The job table of an SQLite file, behind the stand-in server. */
export function sqliteRows(database: SqliteFile): RowStore {
  return {
    read: async (id) => database.query('select * from job where id = ?', id)[0] ?? null,
    update: async (id, columns) => {
      const names = Object.keys(columns).map((name) => `"${name}" = ?`);
      database.query(
        `update job set ${names.join()} where id = ?`,
        ...(Object.values(columns) as SQLInputValue[]),
        id,
      );
    },
    version: async (id) =>
      database.query<{ version: string }>('select version from apps where id = ?', id)[0]?.version ?? null,
  };
}

/** The job table of a MariaDB, behind the stand-in server. */
export function mariadbRows(database: Mariadb): RowStore {
  return {
    read: async (id) => (await database.query('select * from job where id = ?', [id]))[0] ?? null,
    update: async (id, columns) => {
      const names = Object.keys(columns).map((name) => `\`${name}\` = ?`);
      await database.query(`update job set ${names.join()} where id = ?`, [...Object.values(columns), id]);
    },
    version: async (id) =>
      (await database.query<{ version: string }>('select version from apps where id = ?', [id]))[0]
        ?.version ?? null,
  };
}
