import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sqliteTables } from '../multiflexi-schema.ts';
import type { JobKind } from './job-kinds.ts';
import { StartError } from './start-error.ts';

/** How long to wait for another writer of the same database, in ms. */
const busyMs = 10_000;
const scheme = 'sqlite://';

/** The class that runs jobs in an engine. */
const executors: Readonly<Record<string, string>> = {
  docker: 'EmissaryDocker',
  podman: 'EmissaryPodman',
};

/** A stored artifact, as far as the summary needs it. */
export interface StoredArtifact {
  readonly filename: string;
  readonly content_type: string;
  /** Stored bytes; base64 if the note says so. */
  readonly bytes: number;
  /** The first characters of the stored content. */
  readonly beginning: string;
}

/** What the database stores about a job. */
export interface StoredJob {
  readonly begin: string | null;
  readonly end: string | null;
  readonly exitcode: number | null;
  readonly pid: number | null;
  readonly app_version: string;
  readonly stdoutLines: number;
  readonly stderrLines: number;
  readonly artifacts: readonly StoredArtifact[];
}

/** A MultiFlexi database in an SQLite file, as seen by the side that plans jobs. */
export class JobDatabase {
  readonly file: string;
  readonly url: string;
  readonly #database: DatabaseSync;

  constructor(file: string) {
    this.file = file;
    this.url = `${scheme}${file}`;
    this.#database = new DatabaseSync(file, { timeout: busyMs });
    for (const table of sqliteTables) this.#database.exec(table);
  }

  /**
   * Plans one job, and creates its company, user, application and runtemplate if they do not exist.
   *
   * @throws StartError if the database cannot be written, or has other tables
   */
  addJob(kind: JobKind, engine: string): number {
    try {
      return this.#plan(kind, engine);
    } catch (cause) {
      throw new StartError(`Cannot use the database ${this.file}: ${(cause as Error).message}`, { cause });
    }
  }

  #plan({ application, command, variables }: JobKind, engine: string): number {
    const company = this.#idOf('company', { name: 'Sample company' });
    const user = this.#idOf('user', { login: loginName() });
    const { name, version, executable, ociimage } = application;
    const app = this.#idOf('apps', { name, version }, { executable, ociimage });
    const runtemplate = this.#idOf('runtemplate', { name, app_id: app, company_id: company });
    return this.#insert('job', {
      app_id: app,
      company_id: company,
      launched_by: user,
      runtemplate_id: runtemplate,
      command: command.join(' '),
      env: JSON.stringify(variables),
      executor: executors[engine] ?? 'Native',
      schedule_type: 'adhoc',
    });
  }

  /** Reads what is stored about a job. */
  stored(jobId: number): StoredJob {
    const row = this.#database
      .prepare(
        `SELECT "begin", "end", exitcode, pid, app_version,
          (SELECT count(*) FROM job_output_lines WHERE job_id = job.id AND type = 'stdout') AS stdoutLines,
          (SELECT count(*) FROM job_output_lines WHERE job_id = job.id AND type = 'stderr') AS stderrLines
        FROM job WHERE id = ?`,
      )
      .get(jobId);
    const artifacts = this.#database
      .prepare(
        `SELECT filename, content_type, length(artifact) AS bytes, substr(artifact, 1, 60) AS beginning
        FROM artifacts WHERE job_id = ? ORDER BY id`,
      )
      .all(jobId);
    return { ...row, artifacts } as unknown as StoredJob;
  }

  #idOf(
    table: string,
    key: Record<string, string | number>,
    more: Record<string, string | number> = {},
  ): number {
    const where = Object.keys(key).map((column) => `"${column}" = ?`);
    const found = this.#database
      .prepare(`SELECT id FROM "${table}" WHERE ${where.join(' AND ')}`)
      .get(...Object.values(key));
    return found === undefined ? this.#insert(table, { ...key, ...more }) : Number(found['id']);
  }

  #insert(table: string, row: Record<string, string | number>): number {
    const columns = Object.keys(row).map((column) => `"${column}"`);
    const marks = columns.map(() => '?');
    const { lastInsertRowid } = this.#database
      .prepare(`INSERT INTO "${table}" (${columns.join(', ')}) VALUES (${marks.join(', ')})`)
      .run(...Object.values(row));
    return Number(lastInsertRowid);
  }
}

/** A user ID may have no name, for example in a container. */
function loginName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 0}`;
  }
}

/**
 * Opens the database of `npm start`, and creates missing tables.
 *
 * @param url `sqlite:///absolute/path`, or null for ./multiflexi.sqlite
 * @throws StartError for another kind of database, or a file that is not a database
 */
export function openDatabase(url: string | null): JobDatabase {
  if (url !== null && !url.startsWith(`${scheme}/`)) {
    throw new StartError('MULTIFLEXI_DATABASE_URL: npm start needs an SQLite file, sqlite:///absolute/path');
  }
  const file = url === null ? resolve('multiflexi.sqlite') : decodeURI(url.slice(scheme.length));
  try {
    return new JobDatabase(file);
  } catch (cause) {
    throw new StartError(`Cannot use the database ${file}: ${(cause as Error).message}`, { cause });
  }
}
