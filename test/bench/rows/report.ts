import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdtempSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Mariadb, startMariadb } from '../../helpers/mariadb.ts';
import { makeSqlite, type SqliteFile } from '../../helpers/sqlite.ts';
import { until } from '../../helpers/until.ts';
import { alternate } from '../alternate.ts';
import { privateBytes, watchPrivateMemory } from '../private-memory.ts';
import type { Bench, Measured, Row } from '../row.ts';
import { wallTimeMs } from '../wall-time.ts';

const MiB = 2 ** 20;
const lines = 1_000_000;
const linesRuns = 3;
const insertLines = 1_000;
const largeLineBytes = 8_000;
const largeLines = 1_250_000;
const recordedRuns = 100;
const idleRuns = 5;
const jobId = 1;

/** What the reporter does: how fast, in how much memory, how soon. */
export const rows: readonly Row[] = [
  {
    name: 'report-lines',
    title: '1,000,000 lines into MariaDB',
    unit: 'lines/s',
    target: { kind: 'ratio', atLeast: 1 },
    measure: measureLines,
  },
  {
    name: 'report-recorded',
    title: 'sealed → recorded in SQLite',
    unit: 'ms',
    target: { kind: 'value', of: 'p99', atMost: 100 },
    measure: measureRecorded,
  },
  {
    name: 'report-memory-idle',
    title: 'private memory, idle reporter, MariaDB',
    unit: 'MiB',
    target: { kind: 'value', of: 'p50', atMost: 25 },
    measure: measureIdle,
  },
  {
    name: 'report-memory-large',
    title: 'private memory, peak, a log of 10 GB into SQLite',
    unit: 'MiB',
    target: { kind: 'value', of: 'max', atMost: 96 },
    measure: measureLarge,
  },
];

/** The same rows by the client of the database, from a file of inserts, and by the reporter from a sealed volume. */
async function measureLines(bench: Bench): Promise<Measured> {
  const server = await startMariadb();
  try {
    const directory = bench.directory();
    const root = join(directory, 'root');
    const log = join(directory, 'log');
    const inserts = join(directory, 'inserts.sql');
    await writeLog(log);
    keepOutput(bench, root, ['cat', log]);
    let job = 0;
    const rate = (ms: number) => lines / (ms / 1000);
    const samples = await alternate(bench.times(linesRuns), {
      ours: async () => {
        await server.addJob(++job);
        rmSync(join(root, 'report'), { recursive: true, force: true });
        const env = { MULTIFLEXI_JOB_ID: `${job}`, MULTIFLEXI_DATABASE_URL: server.url };
        return clear(server, job, rate(wallTimeMs([bench.program, 'wait', '--root', root], env)));
      },
      'mariadb client': async () => {
        await server.addJob(++job);
        await writeInserts(inserts, job);
        const client = `mariadb --no-defaults --host=127.0.0.1 --port=${server.port} --user=root multiflexi`;
        return clear(server, job, rate(wallTimeMs(['sh', '-c', `${client} <'${inserts}'`])));
      },
    });
    rmSync(directory, { recursive: true });
    return {
      ours: samples.get('ours') ?? [],
      others: [{ name: 'mariadb client', samples: samples.get('mariadb client') ?? [] }],
    };
  } finally {
    await server.stop();
  }
}

/** A speed at which lines were lost is none. */
async function clear(server: Mariadb, job: number, rate: number): Promise<number> {
  const [row] = await server.query<{ rows: number; last: number; lines: number }>(
    `select count(*) as \`rows\`, max(seq) as last, sum(length(line) - length(replace(line, '\n', ''))) as \`lines\`
      from job_output_lines where job_id = ?`,
    [job],
  );
  const stored = Math.max(Number(row?.lines), Number(row?.rows));
  if (stored !== lines || Number(row?.last) !== Number(row?.rows))
    throw new Error(`${stored} of ${lines} lines`);
  await server.query('truncate job_output_lines');
  return rate;
}

/** The seal is timed by a watch of the container's directory, the row by one of the database's. */
async function measureRecorded(bench: Bench): Promise<Measured> {
  const ours: number[] = [];
  for (let run = 0; run < bench.times(recordedRuns); run += 1) {
    const root = bench.directory();
    const database = makeSqlite(bench.directory(), jobId);
    const reporter = await startReporter(bench, root, database.url);
    const sealed = whenChanged(join(root, 'ctr/main'), () => existsSync(join(root, 'ctr/main/exitcode')));
    const recorded = whenChanged(dirname(database.path), () => hasEnded(database));
    startJob(bench, root, ['sh', '-c', 'echo one; sleep 0.1; echo two']);
    const [sealTime, rowTime] = await Promise.all([sealed, recorded]);
    ours.push(rowTime - sealTime);
    if (reporter.exitCode === null) await once(reporter, 'exit');
  }
  return { ours, others: [] };
}

function hasEnded(database: SqliteFile): boolean {
  try {
    return database.query('select id from job where "end" is not null').length > 0;
  } catch {
    return false; // Locked for a moment.
  }
}

/** When a condition first held after an event in a directory, ms of a monotonic clock. */
function whenChanged(directory: string, holds: () => boolean): Promise<number> {
  return new Promise((resolve) => {
    const watcher = watch(directory, () => {
      if (!holds()) return;
      resolve(performance.now());
      watcher.close();
    });
  });
}

async function measureIdle(bench: Bench): Promise<Measured> {
  const server = await startMariadb();
  const ours: number[] = [];
  try {
    await server.addJob(jobId);
    for (let run = 0; run < bench.times(idleRuns); run += 1) {
      const root = bench.directory();
      const reporter = await startReporter(bench, root, server.url);
      const wrapper = startJob(bench, root, ['sh', '-c', 'echo begun; exec sleep 600']);
      const begun = async () => (await server.query('select id from job_output_lines')).length > run;
      await until('the first line is there', begun, 20_000);
      // At rest: all that the start has put off is done.
      await pause(1_000);
      ours.push(privateBytes(reporter.pid ?? -1) / MiB);
      wrapper.kill('SIGTERM');
      await once(reporter, 'exit');
    }
  } finally {
    await server.stop();
  }
  return { ours, others: [] };
}

/** On a disk: memory has no room for a log of 10 GB and a database of the same size. */
async function measureLarge(bench: Bench): Promise<Measured> {
  const directory = mkdtempSync(join(tmpdir(), 'emissary-bench-large-'));
  try {
    const root = join(directory, 'root');
    const line = 'x'.repeat(largeLineBytes - 1);
    const count = Math.round(largeLines * Math.min(1, bench.scale));
    keepOutput(bench, root, ['sh', '-c', `yes ${line} | head -n ${count}`]);
    const database = makeSqlite(directory, jobId);
    const reporter = await startReporter(bench, root, database.url, {
      EMISSARY_LOG_LIMIT_BYTES: '20000000000',
      EMISSARY_OUTPUT_ROWS: '1000000',
    });
    const watching = watchPrivateMemory(reporter);
    const [status] = reporter.exitCode === null ? await once(reporter, 'exit') : [reporter.exitCode];
    const peak = watching();
    const [row] = database.query<{ bytes: number }>('select sum(length(line)) bytes from job_output_lines');
    if (status !== 0 || row?.bytes !== count * largeLineBytes)
      throw new Error(`wait ended with ${status}, ${row?.bytes} of ${count * largeLineBytes} bytes`);
    return { ours: [peak / MiB], others: [] };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Starts `wait`; resolves when it watches. */
async function startReporter(
  bench: Bench,
  root: string,
  url: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<ChildProcess> {
  const reporter = spawn(bench.program, ['wait', '--root', root], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      MULTIFLEXI_JOB_ID: `${jobId}`,
      MULTIFLEXI_DATABASE_URL: url,
      ...settings,
    },
  });
  await until('the reporter watches', () => existsSync(join(root, 'ctr/main')));
  return reporter;
}

function startJob(bench: Bench, root: string, job: readonly string[]): ChildProcess {
  return spawn(bench.program, ['run', '--root', root, '--', ...job], { stdio: 'ignore' });
}

function keepOutput(bench: Bench, root: string, job: readonly string[]): void {
  wallTimeMs(['mkdir', '-p', root]);
  wallTimeMs([bench.program, 'run', '--root', root, '--log-limit', '0', '--', ...job]);
}

const textOf = (index: number) =>
  `2026-01-31T22:00:00.000Z level=info request=${index} session=${(index * 2_654_435_761).toString(36)} status=200`;

async function writeLog(path: string): Promise<void> {
  await writeParts(path, (first, count) =>
    Array.from({ length: count }, (_, index) => `${textOf(first + index)}\n`).join(''),
  );
}

async function writeInserts(path: string, job: number): Promise<void> {
  await writeParts(path, (first, count) => {
    const values = Array.from(
      { length: count },
      (_, index) => `(${job},${first + index + 1},'stdout','${textOf(first + index)}',now())`,
    );
    return `insert into job_output_lines (job_id, seq, type, line, created_at) values ${values.join(',')};\n`;
  });
}

async function writeParts(path: string, part: (first: number, count: number) => string): Promise<void> {
  const file = createWriteStream(path);
  for (let first = 0; first < lines; first += insertLines) {
    if (!file.write(part(first, insertLines))) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
}
