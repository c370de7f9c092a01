import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { emissary } from './emissary.ts';
import { runJob } from './job.ts';
import { type ReportedJob, reportedJob } from './reported-job.ts';
import { type RestServer, restPassword, restUser, startRestServer, type Trouble } from './rest-server.ts';
import { sqliteRows } from './row-store.ts';

/** A job whose row the stand-in server has. */
export interface RestJob extends ReportedJob {
  readonly server: RestServer;
  /** Settings for REST alone. */
  readonly rest: Readonly<Record<string, string>>;
}

/** A job, and a server of this variant that fails its first requests in these ways. */
export async function restJob(
  t: TestContext,
  variant: 'A' | 'B' | 'C' = 'A',
  troubles: readonly (Trouble | null)[] = [],
) {
  const job = reportedJob(t);
  const server = await startRestServer(variant, sqliteRows(job.database));
  t.after(() => server.close());
  server.troubles.push(...troubles);
  const rest = {
    MULTIFLEXI_JOB_ID: String(job.jobId),
    MULTIFLEXI_API_URL: server.url,
    MULTIFLEXI_API_USER: restUser,
    MULTIFLEXI_API_PASSWORD: restPassword,
    EMISSARY_REPORT_SECONDS: '20',
  };
  return { ...job, server, rest } satisfies RestJob;
}

/** Runs a silent job that exits with 4, then reports it over REST. */
export async function reportOverRest(
  t: TestContext,
  job: RestJob,
  env: Readonly<Record<string, string>> = {},
) {
  await runJob(t, ['sh', '-c', 'exit 4'], { root: job.root });
  const finished = await emissary(['wait'], { root: job.root, env: { ...job.rest, ...env } });
  assert.ok(!finished.stderr.includes(restPassword));
  assert.ok(!finished.stderr.includes(Buffer.from(`${restUser}:${restPassword}`).toString('base64')));
  return finished;
}
