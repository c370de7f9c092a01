import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { forEachOf } from '../helpers/batches.ts';
import { makePlan, playRound, type Recorder } from '../helpers/chaos-round.ts';
import { type Mariadb, startMariadb } from '../helpers/mariadb.ts';
import { lacks, requireProgram } from '../helpers/require.ts';
import {
  type RestServer,
  restPassword,
  restUser,
  startRestServer,
  type Trouble,
} from '../helpers/rest-server.ts';
import { sqliteRows } from '../helpers/row-store.ts';
import { type Chance, seeded } from '../helpers/seeded.ts';
import { makeSqlite } from '../helpers/sqlite.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** Rounds against each server; CHAOS_ROUNDS sets another number. */
const rounds = Number(process.env['CHAOS_ROUNDS'] ?? 180);
const width = 4;
const troubles: readonly [Trouble, ...Trouble[]] = [
  'cut',
  'write-then-cut',
  'write-then-400',
  { status: 500 },
  { status: 503, headers: { 'Retry-After': '1' } },
];

let mariadb: Mariadb | null = null;

before(async (t) => {
  if (requireProgram(t as TestContext, 'mariadbd')) mariadb = await startMariadb();
});
after(() => mariadb?.stop());

test(`SQLite: ${rounds} rounds of kill -9 lose nothing and duplicate nothing`, async (t) => {
  const chance = seeded(t);
  const plans = Array.from({ length: rounds }, (_, index) => makePlan(chance, index + 1));
  const file = makeSqlite(temporaryVolume(t), ...plans.map(({ jobId }) => jobId));
  const recorder: Recorder = {
    env: { MULTIFLEXI_DATABASE_URL: file.url },
    query: async <Row>(text: string, jobId: number) => file.query<Row>(text, jobId),
  };
  await forEachOf(plans, (plan) => playRound(t, plan, recorder), width);
});

test(`MariaDB that dies and restarts: ${rounds} rounds of kill -9 lose nothing and duplicate nothing`, async (t) => {
  if (mariadb === null) return lacks(t, 'mariadbd');
  const server = mariadb;
  const chance = seeded(t);
  const plans = Array.from({ length: rounds }, (_, index) => makePlan(chance, index + 1));
  for (const { jobId } of plans) await server.addJob(jobId);
  const recorder: Recorder = {
    env: { MULTIFLEXI_DATABASE_URL: server.url },
    query: <Row>(text: string, jobId: number) =>
      until('the database answers', () => server.query<Row>(text, [jobId])),
  };
  await whileTroubled(
    (signal) => flap(server, chance, signal),
    () => forEachOf(plans, (plan) => playRound(t, plan, recorder), width),
  );
});

test(`REST that fails and comes back, with SQLite: ${rounds} rounds of kill -9 lose nothing and duplicate nothing`, async (t) => {
  const chance = seeded(t);
  const plans = Array.from({ length: rounds }, (_, index) => makePlan(chance, index + 1));
  const file = makeSqlite(temporaryVolume(t), ...plans.map(({ jobId }) => jobId));
  const server = await startRestServer('A', sqliteRows(file));
  t.after(() => server.close());
  const recorder: Recorder = {
    env: {
      MULTIFLEXI_DATABASE_URL: file.url,
      MULTIFLEXI_API_URL: server.url,
      MULTIFLEXI_API_USER: restUser,
      MULTIFLEXI_API_PASSWORD: restPassword,
    },
    query: async <Row>(text: string, jobId: number) => file.query<Row>(text, jobId),
  };
  await whileTroubled(
    (signal) => disturb(server, chance, signal),
    () => forEachOf(plans, (plan) => playRound(t, plan, recorder), width),
  );
});

async function whileTroubled(
  trouble: (signal: AbortSignal) => Promise<void>,
  act: () => Promise<void>,
): Promise<void> {
  const over = new AbortController();
  const troubled = trouble(over.signal);
  try {
    await act();
  } finally {
    over.abort();
    await troubled;
  }
}

/** Kills the database and starts it again, at random instants. */
async function flap(server: Mariadb, chance: Chance, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(chance.whole(200, 4000));
    await server.kill();
    await sleep(chance.whole(0, 700));
    await server.start();
  }
}

/** Lets single requests fail, or all of them for a while. */
async function disturb(server: RestServer, chance: Chance, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(chance.whole(50, 500));
    if (chance.next() < 0.9) {
      // Some requests succeed before each failing one: where requests are rare, otherwise none would.
      if (server.troubles.length === 0) server.troubles.push(null, null, null, null, chance.pick(troubles));
    } else {
      server.troubles.push(...Array<Trouble>(1_000).fill('cut'));
      await sleep(chance.whole(100, 1_500));
      server.troubles.length = 0;
    }
  }
}
