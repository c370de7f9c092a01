import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { Kysely, SqliteDialect, type SqliteStatement, sql } from 'kysely';
import { DeliveryError } from '../../base/delivery-error.ts';
import { messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import type { DatabaseAccess, SqlDatabase } from './sql-database.ts';
import type { Tables } from './sql-tables.ts';

/** Opens MultiFlexi's SQLite file. It must exist: a database created by accident would hide the real one. */
export function openSqlite(path: string, access: DatabaseAccess): SqlDatabase {
  const query = new Kysely<Tables>({
    dialect: new SqliteDialect({ database: async () => connect(path, access) }),
  });
  // MultiFlexi writes UTC text without a fraction in SQLite.
  const now = sql`datetime('now')`;
  return {
    name: `the database ${path}`,
    query,
    locksRows: false,
    hasCharsets: false,
    now,
    clock: null,
    at: (seconds) => sql`datetime(${seconds}, 'unixepoch')`,
    msOf: (column) => sql`round((julianday(${column}) - 2440587.5) * 86400000)`,
    utf8BytesOf: (text) => sql`length(cast(${text} as blob))`,
    later: (one, other) => sql`max(${one}, ${other})`,
    // With a fraction, like MariaDB's column.
    markedNow: (mark) => sql`strftime('%Y-%m-%d %H:%M:%S', 'now', ${`-0.${mark} seconds`}) || ${`.${mark}`}`,
    hasMark: (mark) => sql`substr(created_at, 20) = ${`.${mark}`}`,
    statementBytes: async () => limits.artifactBytes * 2,
    artifactBytes: async () => limits.sqliteArtifactBytes,
    insertArtifact: async (transaction, { jobId, filename, contentType, note }, pieces, bytes) => {
      // The library takes complete values only; as bytes, the content is at least not in memory as a string too.
      const content = await gathered(pieces, bytes);
      await transaction
        .insertInto('artifacts')
        .values({
          job_id: jobId,
          filename,
          content_type: contentType,
          note,
          created_at: now,
          artifact: sql<string>`cast(${content} as text)`,
        })
        .execute();
    },
    explain: (error) => explain(error, path, access),
    close: () => query.destroy(),
  };
}

async function gathered(pieces: AsyncIterable<Buffer>, bytes: number): Promise<Buffer> {
  const content = Buffer.allocUnsafeSlow(bytes);
  let filled = 0;
  for await (const piece of pieces) filled += piece.copy(content, filled);
  return content.subarray(0, filled);
}

/** Adapts the runtime's SQLite to the interface of better-sqlite3, which kysely expects. */
function connect(path: string, access: DatabaseAccess) {
  const url = pathToFileURL(path);
  url.searchParams.set('mode', access === 'read' ? 'ro' : 'rw');
  const database = new DatabaseSync(url, { timeout: limits.sqliteBusyMs });
  return {
    close: () => database.close(),
    prepare: (text: string): SqliteStatement => {
      const statement = database.prepare(adapted(text, database.isTransaction));
      const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...values(parameters)),
        run: (parameters) => statement.run(...values(parameters)),
        iterate: (parameters) => statement.iterate(...values(parameters)),
      };
    },
  };
}

function adapted(text: string, isTransaction: boolean): string {
  // Every transaction here writes; SQLite does not wait for a lock that is taken only at the first write.
  if (text === 'begin') return 'begin immediate';
  // A full disk rolls back by itself; another rollback would hide the reason (sqlite.org/lang_transaction.html).
  return text === 'rollback' && !isTransaction ? 'select 1' : text;
}

/** Result codes of SQLite, https://www.sqlite.org/rescode.html */
const busy = 5;
const locked = 6;
const full = 13;
const tooBig = 18;
const constraint = 19;
const cannotOpen = 14;
const readOnly = 8;
/** An extended code: another file has taken the place of this one (SQLITE_READONLY_DBMOVED). */
const moved = 1032;
const notADatabase = 26;

function explain(error: unknown, path: string, access: DatabaseAccess): DeliveryError {
  const extended = error instanceof Error && 'errcode' in error ? Number(error.errcode) : -1;
  const fail = (clause: string, permanent: boolean, isOfValue = false) =>
    new DeliveryError(`Cannot ${access === 'read' ? 'read' : 'write to'} the database ${path}: ${clause}`, {
      permanent,
      isOfValue,
      cause: error,
    });
  if (extended === moved) return fail('it was replaced by another file', false);
  switch (extended & 0xff) {
    case busy:
    case locked:
      return fail('it is locked by another program', false);
    case full:
      return fail('the disk is full', false);
    case cannotOpen:
      return fail('it does not exist or cannot be opened; check MULTIFLEXI_DATABASE_URL', true);
    case readOnly:
      return fail('this user has no write permission for it or its directory', true);
    case notADatabase:
      return fail('it is not an SQLite database; check MULTIFLEXI_DATABASE_URL', true);
    case tooBig:
    case constraint:
      return fail(messageOf(error), true, true);
    default:
      return fail(messageOf(error), true);
  }
}
