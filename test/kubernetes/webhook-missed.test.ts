import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../helpers/until.ts';
import { injectLabel, podOf, webhookPlace } from '../helpers/webhook.ts';

const labels = { [injectLabel]: 'true' };

test('webhook: while no operator serves, only labelled pods are refused, and none of the operators’ own namespace', async (t) => {
  const place = await webhookPlace(t, { failurePolicy: 'Fail' });
  if (place === null) return;
  const { cluster, own, tryApply } = place;
  const refused = await tryApply([], podOf('labelled', 'exit 0', {}, { labels }));
  assert.match(refused.stderr, /failed calling webhook "pods\.emissary\.multiflexi\.eu"/);
  await place.apply(podOf('other', 'exit 0'));
  for (const namespace of [own, 'kube-system']) {
    const dry = ['--namespace', namespace, 'apply', '--dry-run=server', '--filename', '-'];
    const { exitCode, stderr } = await cluster.kubectl(dry, {
      objects: [podOf('own', 'exit 0', {}, { labels })],
    });
    assert.equal(exitCode, 0, stderr);
  }
});

test('webhook: with the policy Ignore, a labelled pod is made meanwhile; afterwards an event of it tells that it was missed', async (t) => {
  const place = await webhookPlace(t, { failurePolicy: 'Ignore', labels });
  if (place === null) return;
  await place.apply(
    podOf('missed', 'exit 0'),
    podOf('refused', 'exit 0', {}, { labels: { [injectLabel]: 'false' } }),
  );
  assert.equal((await place.pod('missed')).spec.initContainers, undefined);
  await place.start();
  const told = await until('an event tells', async () => {
    const { stdout } = await place.kubectl('events', '--types=Warning', '--output=json');
    const items = JSON.parse(stdout).items as readonly Event[];
    const ours = items.filter(({ reason }) => reason === 'NotWrapped');
    return ours.length > 0 && ours;
  });
  assert.deepEqual(
    told.map(({ involvedObject, message }) => [involvedObject.name, message]),
    [['missed', 'The pod is not wrapped, and not reported: the webhook was not asked, or did not answer']],
  );
});

interface Event {
  readonly reason: string;
  readonly message: string;
  readonly involvedObject: { readonly name: string };
}
