import { accessSync, constants } from 'node:fs';
import { basename, delimiter, join, relative } from 'node:path';
import type { JobDatabase, StoredJob } from './database.ts';
import type { Ended } from './launch-job.ts';

/** Prints the outcome of a job: the verdict, the stored row, its lines and artifacts, and how to see more. */
export function printSummary(of: {
  readonly ended: Ended;
  readonly database: JobDatabase;
  readonly jobId: number;
  /** The directory that was kept, or null. */
  readonly kept: string | null;
  /** The file of the job's page, or null. */
  readonly page: string | null;
}): void {
  const { ended, database, jobId, kept, page } = of;
  const stored = database.stored(jobId);
  const file = relative('.', database.file);
  const { result } = ended;
  const rows: (readonly [title: string, text: string])[] = [
    ['verdict', verdict(ended)],
    ['job row', `${rowOf(stored)} (job ${jobId} in ${file})`],
    [
      'lines',
      `${stored.stdoutLines + stored.stderrLines} (${stored.stdoutLines} stdout, ${stored.stderrLines} stderr)`,
    ],
    ...parameterTexts(ended, stored).map((text) => ['parameter', text] as const),
    ...artifactTexts(ended, stored).map((text) => ['artifact', text] as const),
    ...(result?.outputs.missing ?? [])
      .filter(({ optional }) => !optional)
      .map(({ name, reason }) => ['missing', `${name}: ${reason}`] as const),
    ['volume', kept === null ? 'removed (KEEP=1 npm start keeps it)' : `kept in ${kept}`],
    ['see more', moreCommand(file, jobId)],
    ...(page === null ? [] : [['page', page] as const]),
  ];
  process.stdout.write(`\n${rows.map(([title, text]) => `${title.padEnd(9)}  ${text}\n`).join('')}`);
}

function verdict({ result, status, delivered, started }: Ended): string {
  if (!started) return `the job was not started, exit code ${status}`;
  const how =
    result === null
      ? `no record of the job, exit code ${status}`
      : `${result.verdict}, exit code ${result.exitCode} after ${seconds(result.startedAt, result.finishedAt)}`;
  const why = result?.message == null ? '' : `: ${result.message}`;
  return `${how}${why}${delivered ? '' : '; NOT everything was reported, see above'}`;
}

function rowOf({ begin, end, exitcode, pid, app_version }: StoredJob): string {
  return `begin ${begin ?? '-'}, end ${end ?? '-'}, exitcode ${exitcode ?? '-'}, pid ${pid ?? '-'}, app_version ${app_version}`;
}

/** Parameters with the start of their values: they are stored as artifacts too. */
function parameterTexts({ result }: Ended, stored: StoredJob): readonly string[] {
  return (result?.outputs.parameters ?? []).map(({ name, file, bytes }) => {
    const value = stored.artifacts.find(({ filename }) => filename === basename(file));
    return value === undefined ? `${name}, ${sizeOf(bytes)}` : `${name} = ${value.beginning.trimEnd()}`;
  });
}

/** Stored artifacts with their file sizes; stored text without a file of ours has its own size. */
function artifactTexts({ result }: Ended, stored: StoredJob): readonly string[] {
  const parameters = new Set(result?.outputs.parameters.map(({ file }) => basename(file)));
  const artifacts = stored.artifacts.filter(({ filename }) => !parameters.has(filename));
  return artifacts.map(({ filename, content_type, bytes }) => {
    const saved = result?.outputs.artifacts.find(({ file }) => file.endsWith(`/${filename}`));
    return `${filename}, ${sizeOf(saved?.bytes ?? bytes)}, ${content_type}`;
  });
}

function moreCommand(file: string, jobId: number): string {
  const query = `"select seq, type, line from job_output_lines where job_id = ${jobId} order by seq"`;
  if (isInPath('sqlite3')) return `sqlite3 ${quote(file)} ${query}`;
  return `npm run --silent sql -- ${quote(file)} ${query}`;
}

function isInPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return true;
    } catch {
      // Not here; perhaps in the next directory.
      return false;
    }
  });
}

function quote(arg: string): string {
  return /^[\w./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`;
}

function sizeOf(bytes: number): string {
  return bytes < 1000
    ? `${bytes} B`
    : bytes < 1e6
      ? `${(bytes / 1e3).toFixed(1)} kB`
      : `${(bytes / 1e6).toFixed(1)} MB`;
}

function seconds(from: string, to: string): string {
  return `${((Date.parse(to) - Date.parse(from)) / 1000).toFixed(2)} s`;
}
