import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { seedStatements, sqliteTables } from '../../build/multiflexi-schema.ts';

/** A file with MultiFlexi's tables. */
export interface SqliteFile {
  readonly path: string;
  /** For MULTIFLEXI_DATABASE_URL. */
  readonly url: string;
  query<Row = Record<string, unknown>>(text: string, ...values: readonly SQLInputValue[]): readonly Row[];
  /** Locks the file against all other writers. @returns a function that unlocks it */
  hold(): () => void;
}

/** Makes the file in a directory, with jobs of these ids. */
export function makeSqlite(directory: string, ...jobs: readonly number[]): SqliteFile {
  const path = join(directory, 'multiflexi.sqlite');
  const use = <T>(act: (database: DatabaseSync) => T): T => {
    const database = new DatabaseSync(path, { timeout: 60_000 });
    try {
      return act(database);
    } finally {
      database.close();
    }
  };
  use((database) => {
    for (const statement of sqliteTables) database.exec(statement);
    for (const job of jobs) for (const statement of seedStatements(job)) database.exec(statement);
  });
  chmodSync(path, 0o666);
  return {
    path,
    url: `sqlite://${path}`,
    query: <Row>(text: string, ...values: readonly SQLInputValue[]) =>
      use((database) => {
        // A transaction that reads before it writes is refused at once if another writer waits for readers.
        if (/^\s*(insert|update|delete)/i.test(text)) database.exec('begin immediate');
        const rows = database.prepare(text).all(...values) as Row[];
        if (database.isTransaction) database.exec('commit');
        return rows;
      }),
    hold: () => {
      const database = new DatabaseSync(path, { timeout: 60_000 });
      database.exec('begin immediate');
      return () => {
        database.exec('rollback');
        database.close();
      };
    },
  };
}
