import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { TestContext } from 'node:test';
import { type Job, jobOf, type OperatorPlace, reportingPlace } from './operator.ts';
import { restPassword, restUser, startRestServer } from './rest-server.ts';
import { sqliteRows } from './row-store.ts';
import type { Chance } from './seeded.ts';
import { makeSqlite, type SqliteFile } from './sqlite.ts';
import { temporaryVolume } from './volume.ts';

/** A kind of job: what it does, and what must be true of it at its end. */
interface Kind {
  readonly script: string;
  readonly retries?: number;
  /** It never starts: the operator itself has to report it. */
  readonly isRefused?: true;
  readonly phase: string;
  /** Of each attempt, as MultiFlexi's row shows them one after the other. */
  readonly exitCodes: readonly number[];
}

const kinds: readonly [Kind, ...Kind[]] = [
  { script: 'sleep 1; exit 4', phase: 'Failed', exitCodes: [4] },
  { script: 'sleep 2', phase: 'Succeeded', exitCodes: [0] },
  { script: 'exit 0', phase: 'Succeeded', exitCodes: [0] },
  {
    script: 'case $HOSTNAME in *-1) exit 3;; esac; sleep 1',
    retries: 2,
    phase: 'Succeeded',
    exitCodes: [3, 0],
  },
  { script: 'exit 9', isRefused: true, phase: 'Failed', exitCodes: [64] },
];

/** Jobs of all kinds, with a table in which each change of an exit code is seen. */
export interface ChaosJobs {
  /** Makes so many jobs, each of a random kind. */
  make(count: number): Promise<void>;
  /** Of all jobs, by name. */
  all(): Promise<ReadonlyMap<string, Job>>;
  /** That each job has ended as it must, has run once for each attempt, and was reported once for each. */
  check(): Promise<Readonly<Record<string, number>>>;
}

/** Prepares them. @param most how many jobs there may be */
export async function chaosJobs(
  t: TestContext,
  place: OperatorPlace,
  chance: Chance,
  most: number,
): Promise<ChaosJobs> {
  const file = makeSqlite(temporaryVolume(t), ...Array.from({ length: most }, (_, index) => index + 1));
  file.query('create table changes (job_id integer, exitcode integer)');
  file.query(
    'create trigger seen after update of exitcode on job when new.exitcode is not old.exitcode ' +
      'begin insert into changes values (new.id, new.exitcode); end',
  );
  const rest = await startRestServer('A', sqliteRows(file));
  t.after(() => rest.close());
  const runs = join(temporaryVolume(t), 'runs');
  mkdirSync(runs);
  chmodSync(runs, 0o777);
  const reporting = await reportingPlace(t, place, {
    MULTIFLEXI_JOB_ID: '1',
    MULTIFLEXI_DATABASE_URL: file.url,
  });
  const stringData = {
    MULTIFLEXI_API_URL: rest.url,
    MULTIFLEXI_API_USER: restUser,
    MULTIFLEXI_API_PASSWORD: restPassword,
  };
  await place.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'rest' }, stringData });
  const made: Kind[] = [];
  const all = async () => {
    const { items } = JSON.parse(await place.kubectl('get', 'ej', '--output=json'));
    return new Map<string, Job>(items.map((job: { metadata: { name: string } }) => [job.metadata.name, job]));
  };
  return {
    all,
    async make(count) {
      const objects = Array.from({ length: Math.min(count, most - made.length) }, () => {
        const kind = chance.pick(kinds);
        made.push(kind);
        return jobOf(`j${made.length}`, specOf(kind, made.length, reporting, runs));
      });
      if (objects.length > 0) await place.apply(...objects);
    },
    async check() {
      const jobs = await all();
      const wrong: string[] = [];
      for (const [index, kind] of made.entries())
        try {
          checkJob(jobs.get(`j${index + 1}`), kind, index + 1, { file, runs });
        } catch (error) {
          wrong.push(`j${index + 1}: ${error}`);
        }
      assert.deepEqual(wrong, []);
      const attempts = made.reduce((sum, { exitCodes }) => sum + exitCodes.length, 0);
      const byOperator = made.filter(({ isRefused }) => isRefused).length;
      return { jobs: made.length, attempts, byOperator, requestsToRest: rest.requests.length };
    },
  };
}

function specOf(kind: Kind, jobId: number, reporting: object, runs: string): object {
  const { script, retries = 0 } = kind;
  const command = ['sh', '-c', `: >> /runs/$HOSTNAME.$(cat /proc/sys/kernel/random/uuid); ${script}`];
  if (kind.isRefused)
    return {
      command,
      multiflexi: { jobId, secretRef: { name: 'rest' } },
      podTemplate: { spec: { hostNetwork: true } },
    };
  const { multiflexi, podTemplate } = reporting as {
    readonly multiflexi: object;
    readonly podTemplate: {
      readonly spec: { readonly volumes: object; readonly containers: readonly object[] };
    };
  };
  const subPath = relative(realpathSync(tmpdir()), realpathSync(runs));
  const main = { name: 'main', volumeMounts: [{ name: 'databases', mountPath: '/runs', subPath }] };
  const { volumes, containers } = podTemplate.spec;
  return {
    command,
    retries,
    multiflexi: { ...multiflexi, jobId },
    podTemplate: { spec: { volumes, containers: [main, ...containers] } },
  };
}

function checkJob(
  job: Job | undefined,
  kind: Kind,
  id: number,
  { file, runs }: { readonly file: SqliteFile; readonly runs: string },
): void {
  const { status = {}, metadata } = job ?? {};
  const told = JSON.stringify(status);
  assert.equal(status.phase, kind.phase, told);
  assert.deepEqual([status.systemFailures ?? 0, metadata?.finalizers], [0, undefined], told);
  const ends = status.phaseHistory?.filter(({ phase }) => phase === kind.phase);
  assert.equal(ends?.length, 1, told);
  const started = readdirSync(runs).filter((name) => name.startsWith(`j${id}-`));
  assert.equal(started.length, kind.isRefused ? 0 : kind.exitCodes.length, started.join());
  const changes = file.query<{ exitcode: number }>('select exitcode from changes where job_id = ?', id);
  assert.deepEqual(
    changes.map(({ exitcode }) => exitcode),
    kind.exitCodes,
    told,
  );
}
