import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { until } from '../helpers/until.ts';
import { injectLabel, podOf, type WebhookPlace, webhookPlace } from '../helpers/webhook.ts';

const labels = { [injectLabel]: 'true' };
/** Renewed after half of that. */
const env = { EMISSARY_WEBHOOK_CERTIFICATE_SECONDS: '16' };

test('webhook: two operators that start together agree on one authority, and renew it without an error, also when one is killed', async (t) => {
  const place = await webhookPlace(t, { labels, operators: 2 });
  if (place === null) return;
  const options = ['--lease', '15'];
  const [first, second] = await Promise.all([0, 1].map((which) => place.start({ which, env, options })));
  assert.ok(first !== undefined && second !== undefined);
  const [one, other] = await Promise.all(place.ports.map((port) => served(place, port)));
  assert.equal(one?.fingerprint256, other?.fingerprint256);
  // Each asks another one of them.
  await everyPodIsWrapped(place, [...pods('labelled', 30, labels), ...pods('of-namespace', 30)]);
  first.kill('SIGKILL');
  const seen = new Set([other?.fingerprint256]);
  await until('the survivor has renewed its certificate twice', async () => {
    const { fingerprint256 } = await served(place, place.ports[1] ?? 0);
    seen.add(fingerprint256);
    await everyPodIsWrapped(place, pods('later', 5));
    assert.equal(second.process.exitCode, null, second.stderr());
    return seen.size > 2;
  });
});

test('webhook: a caBundle that somebody has changed is put right, and so is a Secret that is gone', async (t) => {
  const place = await webhookPlace(t, { labels });
  if (place === null) return;
  await place.start();
  const before = await served(place, place.ports[0] ?? 0);
  const { cluster, configuration } = place;
  const own = ['--namespace', place.own];
  await cluster.kubectl([...own, 'delete', 'secret', 'multiflexi-emissary-webhook']);
  const change = `[{"op":"replace","path":"/webhooks/1/clientConfig/caBundle","value":""}]`;
  const patch = ['patch', 'mutatingwebhookconfiguration', configuration, '--type=json', '--patch', change];
  assert.equal((await cluster.kubectl(patch)).exitCode, 0);
  await until('the Secret is there again', async () => {
    const { exitCode } = await cluster.kubectl([...own, 'get', 'secret', 'multiflexi-emissary-webhook']);
    return exitCode === 0;
  });
  await until('it is trusted again', async () => (await bundles(place)).length === 2);
  await everyPodIsWrapped(place, pods('after', 1));
  assert.equal((await served(place, place.ports[0] ?? 0)).fingerprint256, before.fingerprint256);
});

function pods(name: string, count: number, own = {}): readonly object[] {
  return Array.from({ length: count }, (_, index) =>
    podOf(`${name}-${index}`, 'exit 0', {}, { labels: own }),
  );
}

/** A dry run asks the webhook as everything else does. */
async function everyPodIsWrapped({ tryApply }: WebhookPlace, objects: readonly object[]): Promise<void> {
  const asked = await tryApply(['--dry-run=server', '--output=name'], ...objects);
  assert.equal(asked.exitCode, 0, asked.stderr);
  const found = await tryApply(['--dry-run=server', '--output=json'], ...objects.slice(0, 2));
  assert.match(found.stdout, /emissary-reporter/);
}

async function bundles({ cluster, configuration }: WebhookPlace): Promise<readonly string[]> {
  const path = 'jsonpath={.webhooks[*].clientConfig.caBundle}';
  const args = ['get', 'mutatingwebhookconfiguration', configuration, '--output', path];
  return (await cluster.kubectl(args)).stdout.split(' ').filter((each) => each !== '');
}

/** The certificate that is served; whoever trusts what the API server trusts must accept it. */
async function served(place: WebhookPlace, port: number): Promise<X509Certificate> {
  const [bundle = ''] = await bundles(place);
  const ca = Buffer.from(bundle, 'base64').toString();
  const socket = connect({ host: '127.0.0.1', port, ca });
  return new Promise((resolve, reject) => {
    socket.once('error', reject).once('secureConnect', () => {
      const { raw } = socket.getPeerCertificate();
      socket.destroy();
      resolve(new X509Certificate(raw));
    });
  });
}
