import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { atEnd } from '../helpers/at-end.ts';
import { freePort } from '../helpers/free-port.ts';
import { withBusybox } from '../helpers/images.ts';
import { registryLogin, requireRegistry } from '../helpers/registry.ts';
import { injectLabel, podOf, type WrappedPod, webhookPlace } from '../helpers/webhook.ts';

const labels = { [injectLabel]: 'true' };

test('webhook: the command of a private image is looked up with the pull secret of the pod or of its account, and without one, a warning says why', async (t) => {
  const place = await webhookPlace(t, { labels });
  if (place === null) return;
  const registry = await requireRegistry(t, 'private');
  if (registry === null) return;
  const running = await place.start();
  const script = ['-c', 'echo "of $0"; exit 3', 'the $(image)'];
  const image = await registry.push('team/private:1', (tree) => withBusybox(tree), script, ['sh']);
  const auths = { [registry.host]: registryLogin };
  const others = { [`${registry.host}/another`]: { username: 'bob', password: 'wrong' } };
  const secret = (name: string, of: object) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/dockerconfigjson',
    metadata: { name },
    stringData: { '.dockerconfigjson': JSON.stringify({ auths: of }) },
  });
  const account = (name: string, secrets: readonly string[]) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name },
    imagePullSecrets: secrets.map((each) => ({ name: each })),
  });
  await place.apply(
    secret('right', auths),
    secret('other', others),
    account('with', ['other', 'right']),
    account('without', []),
  );
  const containers = [{ name: 'job', image }];
  const pullSecrets = { imagePullSecrets: ['missing', 'right'].map((name) => ({ name })) };
  await place.apply(
    podOf('by-pod', '', { containers, ...pullSecrets }),
    podOf('by-account', '', { containers, serviceAccountName: 'with' }),
  );
  const ends = await Promise.all([place.ended('by-pod'), place.ended('by-account')]);
  assert.deepEqual(
    ends.map(({ status }) => status.containerStatuses?.[0]?.state.terminated?.exitCode),
    [3, 3],
  );
  assert.equal((await place.kubectl('logs', 'by-pod')).stdout, 'of the $(image)');
  const said = await place.apply(podOf('by-node', '', { containers, serviceAccountName: 'without' }));
  assert.match(
    said,
    /not wrapped, [^\n]* the command of the image [^\n]* cannot be looked up at [^\n]*: it wants a login/,
  );
  const unwrapped = await place.pod('by-node');
  assert.deepEqual(
    [unwrapped.spec.initContainers, unwrapped.spec.containers[0]?.command],
    [undefined, undefined],
  );
  assert.ok(!`${said}${running.stderr()}`.includes(registryLogin.password));
});

test('webhook: a registry that does not answer costs five seconds, and the pod is made without the wrapper', async (t) => {
  const place = await webhookPlace(t, { labels });
  if (place === null) return;
  const port = await freePort();
  // It takes connections, and says nothing.
  const server = createServer().listen(port, '127.0.0.1');
  atEnd(t, () => void server.close());
  await place.start();
  const containers = [{ name: 'job', image: `127.0.0.1:${port}/team/silent:1` }];
  const { stdout, stderr, exitCode } = await place.tryApply(
    ['--dry-run=server', '--output=json'],
    podOf('silent', '', { containers }),
  );
  assert.equal(exitCode, 0, stderr);
  assert.match(stderr, /cannot be looked up at [^\n]*: it has not answered within 5 s/);
  assert.equal((JSON.parse(stdout) as WrappedPod).spec.initContainers, undefined);
});
