import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { claim } from '../helpers/cluster-example.ts';
import { operatorPlace } from '../helpers/operator.ts';
import { seeded } from '../helpers/seeded.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const jobs = ['a', 'b', 'c', 'd'];
const kills = 12;

test(`operator: killed ${kills} times at random instants, it runs each job once, and each ends once`, async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const chance = seeded(t);
  const directory = join(temporaryVolume(t), 'runs');
  mkdirSync(directory);
  chmodSync(directory, 0o777);
  for (const name of jobs) {
    writeFileSync(join(directory, name), '');
    chmodSync(join(directory, name), 0o666);
  }
  await claim(t, place.cluster, place.namespace, directory);
  const podTemplate = {
    spec: {
      volumes: [{ name: 'runs', persistentVolumeClaim: { claimName: 'multiflexi' } }],
      containers: [{ name: 'main', volumeMounts: [{ name: 'runs', mountPath: '/runs' }] }],
    },
  };
  for (const name of jobs)
    await place.make(name, `echo run >> /runs/${name}; sleep 3; exit 4`, { podTemplate });
  for (let kill = 0; kill < kills; kill += 1) {
    const operator = await place.start();
    // The instant itself is what is tried.
    await pause(chance.whole(0, 1_500));
    operator.kill('SIGKILL');
    await operator.finished;
  }
  await place.start();
  for (const name of jobs) {
    const status = await place.phase(name, 'Failed', 'Succeeded');
    assert.deepEqual(
      [status.phase, status.exitCode, status.attempts],
      ['Failed', 4, 1],
      JSON.stringify(status),
    );
    assert.equal(readFileSync(join(directory, name), 'utf8'), 'run\n');
    const ends = status.phaseHistory?.filter(({ phase }) => phase === 'Failed');
    assert.equal(ends?.length, 1);
  }
  await until('no pod is left', async () => (await place.pods()).length === 0);
});
