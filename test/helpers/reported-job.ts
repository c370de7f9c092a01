import type { TestContext } from 'node:test';
import { type Running, startEmissary } from './emissary.ts';
import { makeSqlite, type SqliteFile } from './sqlite.ts';
import { until } from './until.ts';
import { temporaryVolume } from './volume.ts';

/** A volume, a database with one job, and the reporter's settings for them. */
export interface ReportedJob {
  readonly root: string;
  readonly jobId: number;
  readonly database: SqliteFile;
  readonly env: Readonly<Record<string, string>>;
  /** The job's row. */
  row(): Row;
  lines(): readonly Line[];
}

export interface Row {
  readonly begin: string | null;
  readonly end: string | null;
  readonly exitcode: number | null;
  readonly pid: number | null;
  readonly app_version: string;
}

export interface Line {
  readonly seq: number;
  readonly type: string;
  readonly line: string;
}

/** A job in an SQLite database, and the volume that it will run on. */
export function reportedJob(t: TestContext, jobId = 7): ReportedJob {
  const root = temporaryVolume(t);
  const database = makeSqlite(temporaryVolume(t), jobId, jobId + 1);
  const select = 'select begin, "end", exitcode, pid, app_version from job where id = ?';
  return {
    root,
    jobId,
    database,
    env: { MULTIFLEXI_JOB_ID: String(jobId), MULTIFLEXI_DATABASE_URL: database.url },
    row: () => ({ ...database.query<Row>(select, jobId)[0] }) as Row,
    lines: () =>
      database
        .query<Line>('select seq, type, line from job_output_lines where job_id = ? order by id', jobId)
        .map((line) => ({ ...line })),
  };
}

/** The lines in rows of output; a row may hold many lines. */
export function linesIn(rows: readonly Pick<Line, 'line'>[]): readonly string[] {
  return rows.flatMap(({ line }) => line.match(/[^\n]*\n|[^\n]+/g) ?? []);
}

/** Starts `emissary wait` and waits until it watches the volume. */
export async function startWait(
  t: TestContext,
  job: Pick<ReportedJob, 'root' | 'env'>,
  options: readonly string[] = [],
): Promise<Running> {
  const reporter = startEmissary(t, ['wait', ...options], { root: job.root, env: job.env });
  const { existsSync } = await import('node:fs');
  await until('the reporter has its spool', () => existsSync(`${job.root}/report/journal`));
  return reporter;
}
