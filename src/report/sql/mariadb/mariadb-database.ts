import { connect, isIP } from 'node:net';
import { Kysely, MysqlDialect, sql } from 'kysely';
import { type ConnectionOptions, createConnection } from 'mysql2';
import { limits } from '../../../base/limits.ts';
import { pauseFor } from '../../../base/timer.ts';
import type { DatabaseSettings } from '../../../settings/destinations/database-settings.ts';
import type { DatabaseAccess, SqlDatabase } from '../sql-database.ts';
import type { Tables } from '../sql-tables.ts';
import { explainMariadb } from './explain-mariadb.ts';
import { patientPool } from './mariadb-pool.ts';
import { passwordAnswers } from './password-answers.ts';

type Settings = Extract<DatabaseSettings, { kind: 'mariadb' }>;

/** Opens MultiFlexi's MariaDB: one connection, made on demand and made again after it was lost. */
export function openMariadb(settings: Settings, access: DatabaseAccess): SqlDatabase {
  const isSecure = settings.authority !== null || settings.socket !== null;
  const options = connectionOptions(settings, isSecure);
  const pool = patientPool(() => createConnection(options));
  const query = new Kysely<Tables>({ dialect: new MysqlDialect({ pool }) });
  const statementBytes = async () => {
    const bytes = sql<number>`@@max_allowed_packet`.as('bytes');
    return Number((await query.selectNoFrom(bytes).executeTakeFirst())?.bytes ?? 0);
  };
  const name = `the database ${settings.database} at ${addressOf(settings)}`;
  return {
    name,
    query,
    locksRows: true,
    hasCharsets: true,
    now,
    // Both refer to the same instant: the start of the statement.
    clock: sql<number>`unix_timestamp() * 1000 + microsecond(now(6)) div 1000`,
    at: (seconds) => sql`from_unixtime(${seconds})`,
    msOf: (column) => sql`round(unix_timestamp(${column}) * 1000)`,
    utf8BytesOf: (text) => sql`octet_length(convert(${text} using utf8mb4))`,
    later: (one, other) => sql`greatest(${one}, ${other})`,
    markedNow: (mark) =>
      sql`date_format(now(6) - interval ${Number(mark)} microsecond, ${`%Y-%m-%d %H:%i:%s.${mark}`})`,
    hasMark: (mark) => sql`microsecond(created_at) = ${Number(mark)}`,
    statementBytes,
    artifactBytes: async () => Math.min(limits.artifactBytes, (await statementBytes()) - statementOverhead),
    insertArtifact: (transaction, { jobId, filename, contentType, note }, pieces) => {
      const row = { job_id: jobId, filename, content_type: contentType, note, created_at: now };
      // The content is the last value.
      const statement = transaction
        .insertInto('artifacts')
        .values({ ...row, artifact: '' })
        .compile();
      // The transaction occupies the only connection.
      return pool.insertInPieces(statement.sql, statement.parameters.slice(0, -1), pieces);
    },
    explain: (error) => explainMariadb(error, { name, isSecure, access }),
    close: () => {
      // A connection with a query in progress is cut: the next connection repeats the query.
      const ended = query.destroy();
      return Promise.race([ended, pauseFor(limits.closeMs)]);
    },
  };
}

function connectionOptions(settings: Settings, isSecure: boolean): ConnectionOptions {
  return {
    ...placeOf(settings),
    user: settings.user,
    password: settings.password,
    database: settings.database,
    charset: 'utf8mb4',
    authPlugins: passwordAnswers(settings.password, isSecure),
    // The driver's own timeout starts at another moment than ours.
    connectTimeout: 0,
    // A server could request any file of this machine: do not offer that capability.
    flags: ['-LOCAL_FILES'],
    // Do not generate code from the column names that a server sends.
    disableEval: true,
  };
}

function addressOf({ host, port, socket }: Settings): string {
  if (socket !== null) return socket;
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

function placeOf({ host, port, socket, authority }: Settings): ConnectionOptions {
  if (socket !== null) return { socketPath: socket };
  return { host, port, ...(authority !== null && tls(authority, host)) };
}

/** The server must present a certificate for this host: one for another host of the same authority is an impostor's. */
function tls(authority: string, host: string): ConnectionOptions {
  const ssl = { ca: authority, rejectUnauthorized: true, verifyIdentity: true };
  if (isIP(host) === 0) return { ssl };
  // TLS has no server name for an IP address, and Node would check the certificate for "localhost" then.
  const stream = ({ config: { port } }: StreamOptions) => Object.assign(connect(port, host), { _host: host });
  return { ssl, stream };
}

/** What the driver passes to a stream factory. */
interface StreamOptions {
  readonly config: { readonly port: number };
}

/** Bytes of a row besides the artifact when it is read: its names, type and note. */
const statementOverhead = 4096;

const now = sql`now()`;
