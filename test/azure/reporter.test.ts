import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { azureLauncher } from '../helpers/azure/azure-launcher.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('the reporter sends 100 MB of output and 10,000 files within the memory that it asks for', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const place = temporaryVolume(t);
  const template = join(place, 'template.json');
  const artifact = (name: string) => ({ name, path: `/tmp/o/${name}`, archive: { none: {} } });
  const artifacts = Array.from({ length: 10_000 }, (_, index) => artifact(String(index + 1)));
  writeFileSync(template, JSON.stringify({ outputs: { artifacts } }));
  const options = ['--job-id', '93', '--template', template, '--results', place];
  const script =
    'mkdir /tmp/o; for i in $(seq 10000); do echo $i > /tmp/o/$i; done; ' +
    'yes "a line of fifty bytes, with the newline at its end" | head -c 100000000; exit 7';
  const { status, stdout, stderr } = await launcher.script(script, { options });
  // A connection that breaks would be one whose sender was out of memory.
  assert.deepEqual([status, stdout.length, stderr], [7, 100_000_000, '']);
  assert.equal(readdirSync(join(place, '93/outputs/artifacts/tmp/o')).length, 10_000);
});

test('a job of less than a processor: the reporter asks for the rest of the smallest group, and may use all of it', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const options = ['--cpus', '0.333', '--memory', '260m'];
  const running = launcher.startScript('echo ready; sleep 1000', { options });
  await until('the job runs', () => running.stdout().toString().includes('ready'));
  const { containers } = launcher.azure.only.wanted.properties;
  running.kill('SIGTERM');
  await running.finished;
  assert.deepEqual(
    containers.map(({ properties }) => properties.resources),
    [
      { requests: { cpu: 0.34, memoryInGB: 0.3 } },
      { requests: { cpu: 0.66, memoryInGB: 0.7 }, limits: { cpu: 1, memoryInGB: 0.7 } },
    ],
  );
});
