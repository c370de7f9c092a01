import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Mariadb, startMariadb } from '../../helpers/mariadb.ts';
import type { Bench, Measured, Row } from '../row.ts';
import { wallTimeMs } from '../wall-time.ts';

const fullJobs = 200;
const linesPerJob = 1_000;

/** Every reporter of many pods wants the one database at the same moment: a node has come back, or midnight has struck. */
export const rows: readonly Row[] = [
  {
    name: 'storm-recorded',
    title: `${fullJobs} reporters at once, one MariaDB, until all jobs are recorded`,
    unit: 'ms',
    target: { kind: 'none' },
    measure: async (bench) => measuredOnce((await storm(bench)).ms),
  },
  {
    name: 'storm-connections',
    title: `${fullJobs} reporters at once, the most connections`,
    unit: 'connections',
    target: { kind: 'value', of: 'max', atMost: fullJobs },
    measure: async (bench) => measuredOnce((await storm(bench)).connections),
  },
];

interface Storm {
  readonly ms: number;
  readonly connections: number;
}

const measuredOnce = (value: number): Measured => ({ ours: [value], others: [] });

/** @throws Error if anything is missing in the database afterwards */
async function storm(bench: Bench): Promise<Storm> {
  const jobs = Math.max(2, Math.round(fullJobs * Math.min(1, bench.scale)));
  const server = await startMariadb();
  try {
    const roots = Array.from({ length: jobs }, (_, index) => seal(bench, index + 1));
    for (let id = 1; id <= jobs; id += 1) await server.addJob(id);
    const begun = performance.now();
    const statuses = await Promise.all(roots.map((root, index) => report(bench, root, index + 1, server)));
    const ms = performance.now() - begun;
    const failed = statuses.filter((status) => status !== 0);
    if (failed.length > 0) throw new Error(`${failed.length} of ${jobs} reporters ended with ${failed[0]}`);
    await checkAll(server, jobs);
    const [status] = await server.query<{ Value: string }>("show global status like 'Max_used_connections'");
    return { ms, connections: Number(status?.Value) };
  } finally {
    await server.stop();
  }
}

/** A volume with a job that has ended. */
function seal(bench: Bench, id: number): string {
  const root = join(bench.directory(), `${id}`);
  mkdirSync(root);
  wallTimeMs([bench.program, 'run', '--root', root, '--', 'seq', '1', `${linesPerJob}`]);
  return root;
}

async function report(bench: Bench, root: string, id: number, server: Mariadb): Promise<number> {
  const reporter = spawn(bench.program, ['wait', '--root', root], {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: {
      PATH: process.env['PATH'],
      MULTIFLEXI_JOB_ID: `${id}`,
      MULTIFLEXI_DATABASE_URL: server.url,
    },
  });
  const [status] = await once(reporter, 'exit');
  return status;
}

async function checkAll(server: Mariadb, jobs: number): Promise<void> {
  const [row] = await server.query<{ ended: number; stored: number }>(
    `select (select count(*) from job where end is not null and exitcode = 0) ended,
       (select sum(length(line) - length(replace(line, '\\n', ''))) from job_output_lines) stored`,
  );
  if (Number(row?.ended) !== jobs) throw new Error(`${row?.ended} of ${jobs} jobs are recorded`);
  const lines = Number(row?.stored);
  if (lines !== jobs * linesPerJob) throw new Error(`${lines} of ${jobs * linesPerJob} lines are recorded`);
}
