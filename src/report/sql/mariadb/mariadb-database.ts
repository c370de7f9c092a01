import { connect, isIP } from 'node:net';
import { Kysely, MysqlDialect, sql } from 'kysely';
import { type ConnectionOptions, createConnection } from 'mysql2';
import { limits } from '../../../base/limits.ts';
import { pauseFor } from '../../../base/timer.ts';
import type { DatabaseSettings } from '../../../settings/destinations/database-settings.ts';
import type { SqlDatabase } from '../sql-database.ts';
import type { Tables } from '../sql-tables.ts';
import { explainMariadb } from './explain-mariadb.ts';
import { patientPool } from './mariadb-pool.ts';
import { passwordAnswers } from './password-answers.ts';

type Settings = Extract<DatabaseSettings, { kind: 'mariadb' }>;

/** Opens MultiFlexi's MariaDB: one connection, made when it is needed and again when it was lost. */
export function openMariadb(settings: Settings): SqlDatabase {
  const isSecure = settings.authority !== null || settings.socket !== null;
  const options: ConnectionOptions = {
    ...placeOf(settings),
    user: settings.user,
    password: settings.password,
    database: settings.database,
    charset: 'utf8mb4',
    authPlugins: passwordAnswers(settings.password, isSecure),
    // Its own would count from another moment than ours.
    connectTimeout: 0,
    // A server may ask for any file of this machine: it is not offered, and there is nothing to read it with.
    flags: ['-LOCAL_FILES'],
    // No code is made of the names that a server gives to its columns.
    disableEval: true,
  };
  const pool = patientPool(() => createConnection(options));
  const query = new Kysely<Tables>({ dialect: new MysqlDialect({ pool }) });
  const statementBytes = async () => {
    const { rows } = await sql<{ bytes: number }>`select @@max_allowed_packet as bytes`.execute(query);
    return Number(rows[0]?.bytes ?? 0);
  };
  const name = `the database ${settings.database} at ${addressOf(settings)}`;
  return {
    name,
    query,
    locksRows: true,
    hasCharsets: true,
    now: sql`now()`,
    // All of one instant: when the statement began.
    clock: sql<number>`unix_timestamp() * 1000 + microsecond(now(6)) div 1000`,
    at: (seconds) => sql`from_unixtime(${seconds})`,
    later: (one, other) => sql`greatest(${one}, ${other})`,
    markedNow: (mark) =>
      sql`date_format(now(6) - interval ${Number(mark)} microsecond, ${`%Y-%m-%d %H:%i:%s.${mark}`})`,
    hasMark: (mark) => sql`microsecond(created_at) = ${Number(mark)}`,
    statementBytes,
    artifactBytes: async () => Math.min(limits.artifactBytes, (await statementBytes()) - statementOverhead),
    insertArtifact: (_, { jobId, filename, contentType, note }, pieces) =>
      // The transaction has the only connection.
      pool.insertInPieces(insertArtifact, [jobId, filename, contentType, note], pieces),
    explain: (error) => explainMariadb(error, name, isSecure),
    close: () => {
      // A connection in the midst of a query is cut: what it was about is asked again by the next one.
      const ended = query.destroy();
      return Promise.race([ended, pauseFor(limits.closeMs)]);
    },
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

/** The server has to show a certificate for this host: one for another host of the same authority is an impostor's. */
function tls(authority: string, host: string): ConnectionOptions {
  const ssl = { ca: authority, rejectUnauthorized: true, verifyIdentity: true };
  if (isIP(host) === 0) return { ssl };
  // TLS has no server name for an address, and Node would check the certificate for "localhost" then.
  const stream = ({ config: { port } }: StreamOptions) => Object.assign(connect(port, host), { _host: host });
  return { ssl, stream };
}

/** What the driver tells a maker of streams. */
interface StreamOptions {
  readonly config: { readonly port: number };
}

/** Bytes of a row around the artifact, when it is read: its names, type and note. */
const statementOverhead = 4096;

/** The content is the last value. */
const insertArtifact =
  'insert into artifacts (job_id, filename, content_type, note, created_at, artifact) values (?, ?, ?, ?, now(), ?)';
