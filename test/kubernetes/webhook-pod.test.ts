import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { requireCluster } from '../helpers/cluster.ts';
import { hostProgram } from '../helpers/program.ts';
import { until } from '../helpers/until.ts';
import { injectLabel, podOf, type WebhookPlace, type WrappedPod, webhookPlace } from '../helpers/webhook.ts';

const labels = { [injectLabel]: 'true' };
const image = 'multiflexi-emissary-webhook-operator-test:1';

test('webhook: an operator that is a pod serves with the rights of its account, and never touches pods of its own namespace', async (t) => {
  const place = await webhookPlace(t);
  const cluster = await requireCluster(t);
  if (place === null || cluster === null) return;
  await cluster.addImage(image, ({ directory }) =>
    execFileSync(hostProgram, ['init', '--root', directory], { stdio: 'ignore' }),
  );
  const address = await startPod(place);
  await askAt(place, `https://${address}:9443/mutate`);
  await until('the pod is wrapped', async () => {
    const dry = ['--dry-run=server', '--output=json'];
    const { stdout, stderr } = await place.tryApply(dry, podOf('labelled', 'exit 0', {}, { labels }));
    if (stdout === '') throw new Error(stderr);
    return isWrapped(JSON.parse(stdout));
  });
  const dry = ['--namespace', place.own, 'apply', '--dry-run=server', '--output=json', '--filename', '-'];
  const own = await cluster.kubectl(dry, { objects: [podOf('own', 'exit 0', {}, { labels })] });
  assert.equal(isWrapped(JSON.parse(own.stdout)), false, own.stderr);
});

/** Starts an operator in its own namespace. @returns its address */
async function startPod({ own, cluster, configuration, emissaryImage }: WebhookPlace): Promise<string> {
  const confined = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: true,
  };
  const options = ['--lease', '0', '--webhook', '9443', '--webhook-configuration', configuration];
  const container = {
    name: 'operator',
    image,
    command: ['/emissary', 'operator', ...options, '--webhook-url', 'https://$(ADDRESS):9443/mutate'],
    env: [
      { name: 'EMISSARY_IMAGE', value: emissaryImage },
      { name: 'ADDRESS', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
    ],
    securityContext: confined,
  };
  const user = { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } };
  const spec = { serviceAccountName: 'operator', containers: [container], securityContext: user };
  const objects = [podOf('operator', '', spec, { labels: { [injectLabel]: 'false' } })];
  const inOwn = (...args: readonly string[]) => cluster.kubectl(['--namespace', own, ...args]);
  const made = await cluster.kubectl(['--namespace', own, 'apply', '--filename', '-'], { objects });
  assert.equal(made.exitCode, 0, made.stderr);
  await until('it serves', async () => {
    const { stdout } = await inOwn('logs', 'operator');
    if (!stdout.includes('The webhook is served')) throw new Error(stdout);
    return true;
  });
  return (await inOwn('get', 'pod', 'operator', '--output=jsonpath={.status.podIP}')).stdout;
}

/** From now on, the API server asks there, also about pods of the operator's own namespace. */
async function askAt({ cluster, configuration }: WebhookPlace, url: string): Promise<void> {
  const change = [0, 1].flatMap((index) => [
    { op: 'replace', path: `/webhooks/${index}/clientConfig/url`, value: url },
    { op: 'remove', path: `/webhooks/${index}/namespaceSelector/matchExpressions/0` },
  ]);
  const patch = ['patch', 'mutatingwebhookconfiguration', configuration, '--type=json'];
  const { exitCode, stderr } = await cluster.kubectl([...patch, `--patch=${JSON.stringify(change)}`]);
  assert.equal(exitCode, 0, stderr);
}

function isWrapped({ spec }: WrappedPod): boolean {
  return spec.initContainers?.some(({ name }) => name === 'emissary-reporter') === true;
}
