import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { seedStatements, sqliteTables } from '../../build/multiflexi-schema.ts';

/** The rows of job 1. */
export interface StoredJob {
  readonly exitcode: number | null;
  readonly begin: string | null;
  readonly end: string | null;
  /** `<type> <line>` each. */
  readonly lines: readonly string[];
  readonly artifacts: readonly string[];
}

/** Makes MultiFlexi's database with job 1, writable for everybody. @returns its file */
export function makeExampleDatabase(directory: string): string {
  const file = join(directory, 'multiflexi.sqlite');
  using database = new DatabaseSync(file);
  for (const statement of [...sqliteTables, ...seedStatements(1)]) database.exec(statement);
  chmodSync(file, 0o666);
  return file;
}

/** What the database holds of job 1. */
export function storedJob(file: string): StoredJob {
  using database = new DatabaseSync(file, { readOnly: true, timeout: 60_000 });
  const row = database.prepare('SELECT begin, "end", exitcode FROM job WHERE id = 1').get();
  const lines = database
    .prepare('SELECT type, line FROM job_output_lines WHERE job_id = 1 ORDER BY seq')
    .all();
  const artifacts = database
    .prepare('SELECT filename FROM artifacts WHERE job_id = 1 ORDER BY filename')
    .all();
  return {
    exitcode: row?.['exitcode'] as number | null,
    begin: row?.['begin'] as string | null,
    end: row?.['end'] as string | null,
    lines: lines.map(({ type, line }) => `${type} ${String(line).trimEnd()}`),
    artifacts: artifacts.map(({ filename }) => String(filename)),
  };
}
