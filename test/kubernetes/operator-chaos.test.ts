import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startApiServer } from '../helpers/api-server.ts';
import { operatorPlace } from '../helpers/operator.ts';
import { chaosJobs } from '../helpers/operator-chaos.ts';
import { seeded } from '../helpers/seeded.ts';
import { until } from '../helpers/until.ts';

/** How often the operator is killed; EMISSARY_CHAOS_KILLS sets another number. */
const kills = Number(process.env['EMISSARY_CHAOS_KILLS'] ?? 15);
const killsForEachRestart = 10;
/** Jobs that have not ended, at the same time. */
const width = 6;
const endings = ['Succeeded', 'Failed', 'TimedOut', 'Aborted'];

test(`operator: killed ${kills} times, its API server restarted in between, no pod is made twice, no job lost, each end reported once`, async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const chance = seeded(t);
  const server = await startApiServer(t, place.cluster);
  const jobs = await chaosJobs(t, place, chance, kills * 2);
  const options = ['--lease', '0', '--kubeconfig', server.kubeconfig];
  const unfinished = async () =>
    [...(await jobs.all()).values()].filter(({ status }) => !endings.includes(status?.phase ?? '')).length;
  for (let kill = 0; kill < kills; kill += 1) {
    await jobs.make(width - (await unfinished()));
    const operator = place.startWaiting(options);
    // The instant itself is what is tried.
    await pause(chance.whole(200, 2_500));
    const isRestart = kill % killsForEachRestart === killsForEachRestart - 1;
    if (isRestart) {
      await server.kill();
      await pause(chance.whole(0, 1_000));
    }
    operator.kill('SIGKILL');
    await operator.finished;
    if (isRestart) await server.start();
  }
  const last = await place.start(options);
  await until('all have ended, and all is told', async () => {
    const left = [...(await jobs.all())].filter(
      ([, { metadata, status }]) =>
        !endings.includes(status?.phase ?? '') || metadata.finalizers !== undefined,
    );
    if (left.length > 0) throw new Error(`${JSON.stringify(left)}\n${last.stderr()}`);
    return true;
  });
  const figures = await jobs.check();
  t.diagnostic(JSON.stringify({ kills, restarts: Math.floor(kills / killsForEachRestart), ...figures }));
  await until('no pod is left', async () => (await place.pods()).length === 0);
});
