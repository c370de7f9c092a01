import assert from 'node:assert/strict';
import { test } from 'node:test';
import { injectLabel, podOf, webhookPlace } from '../helpers/webhook.ts';

test('webhook: a labelled pod is wrapped; its output is in its log, and its exit code its own', async (t) => {
  const place = await webhookPlace(t);
  if (place === null) return;
  await place.start();
  const labels = { [injectLabel]: 'true' };
  const said = await place.apply(podOf('labelled', 'echo of the job; exit 3', {}, { labels }));
  assert.match(said, /neither MULTIFLEXI_JOB_ID nor/);
  const pod = await place.ended('labelled');
  assert.equal(pod.metadata.annotations?.['emissary.multiflexi.eu/injected'], 'true');
  assert.equal(pod.status.containerStatuses?.[0]?.state.terminated?.exitCode, 3);
  const { stdout } = await place.kubectl('logs', 'labelled');
  assert.equal(stdout, 'of the job');
});
