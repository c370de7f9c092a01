import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobImage } from '../helpers/launcher-parts.ts';
import { until } from '../helpers/until.ts';
import { injectLabel, podOf, type WebhookPlace, type WrappedPod, webhookPlace } from '../helpers/webhook.ts';

const labels = { [injectLabel]: 'true' };
const reporters = (pod: WrappedPod) =>
  pod.spec.initContainers?.filter(({ name }) => name === 'emissary-reporter').length ?? 0;

test('webhook: a labelled pod is wrapped, its output is in its log, its exit code is its own; a dry run makes nothing', async (t) => {
  const place = await webhookPlace(t);
  if (place === null) return;
  await place.start();
  const dry = podOf('dry', 'exit 0', {}, { labels });
  const shown = await place.tryApply(['--dry-run=server', '--output=json'], dry);
  assert.equal(reporters(JSON.parse(shown.stdout) as WrappedPod), 1);
  const made = await place.kubectl('get', 'pods,secrets,events', '--output=name');
  assert.equal(made.stdout, '');
  const other = { name: 'other', image: jobImage, command: ['sh', '-c', 'exit 0'] };
  const job = { name: 'job', image: jobImage, command: ['sh', '-c'], args: ['echo of the $(WHOSE); exit 3'] };
  const env = [{ name: 'WHOSE', value: 'job' }];
  const annotations = { 'emissary.multiflexi.eu/container': 'job' };
  const spec = { containers: [other, { ...job, env }], terminationGracePeriodSeconds: 5 };
  const said = await place.apply(podOf('labelled', '', spec, { labels, annotations }));
  assert.match(said, /neither MULTIFLEXI_JOB_ID nor/);
  const pod = await place.ended('labelled');
  const given = pod.metadata.annotations ?? {};
  assert.equal(given['emissary.multiflexi.eu/injected'], 'true');
  assert.equal(given['kubectl.kubernetes.io/default-container'], 'job');
  assert.equal(pod.spec.terminationGracePeriodSeconds, 65);
  const reporter = pod.spec.initContainers?.find(({ name }) => name === 'emissary-reporter');
  const grace = reporter?.env?.find(({ name }) => name === 'EMISSARY_GRACE_SECONDS');
  assert.equal(grace?.value, '65', 'the reporter has all of it');
  const codes = pod.status.containerStatuses?.map(({ name, state }) => [name, state.terminated?.exitCode]);
  assert.deepEqual(codes, [
    ['job', 3],
    ['other', 0],
  ]);
  const { stdout } = await place.kubectl('logs', 'labelled');
  assert.equal(stdout, 'of the job');
  assert.deepEqual(pod.spec.containers[0]?.command, other.command);
  assert.equal(pod.spec.containers[0]?.env, undefined);
  // Without anywhere to report to, the reporter prints the result.
  const report = await place.kubectl('logs', 'labelled', '--container=emissary-reporter');
  assert.match(report.stdout, /"exitCode":3.*\n.*No destination is configured/);
});

test('webhook: what cannot be wrapped or refuses it is let through as it is, and told why; a pod of root is wrapped', async (t) => {
  const place = await webhookPlace(t, { labels });
  if (place === null) return;
  await place.start();
  const refused = await place.apply(podOf('refused', 'exit 0', {}, { labels: { [injectLabel]: 'false' } }));
  assert.equal(refused, '');
  assert.equal(reporters(await place.pod('refused')), 0);
  const service = { restartPolicy: 'Always' };
  assert.equal(await place.apply(podOf('service', 'exit 0', service)), '');
  assert.equal(reporters(await place.pod('service')), 0);
  const said = await place.apply(podOf('always', 'exit 0', service, { labels }));
  assert.match(said, /the pod is not wrapped, and not reported: its restartPolicy is Always/);
  const { metadata, spec } = await place.pod('always');
  assert.equal(metadata.annotations?.['emissary.multiflexi.eu/injected'], 'false');
  assert.match(metadata.annotations?.['emissary.multiflexi.eu/reason'] ?? '', /restartPolicy/);
  assert.deepEqual(spec.containers[0]?.command, ['sh', '-c']);
  const mounts = [{ name: 'mine', mountPath: '/var/run/argo' }];
  const container = { name: 'job', image: jobImage, command: ['true'], volumeMounts: mounts };
  const mounted = { volumes: [{ name: 'mine', emptyDir: {} }], containers: [container] };
  assert.match(await place.apply(podOf('mounted', '', mounted)), /has a volume at \/var\/run\/argo already/);
  const [mount] = mounts;
  const hidden = { ...container, volumeMounts: [{ ...mount, mountPath: '/var//run/../run/argo/' }] };
  const hiddenBy = await place.apply(podOf('hidden', '', { ...mounted, containers: [hidden] }));
  assert.match(hiddenBy, /not wrapped[^\n]*has a volume at/);
  // The API server leaves out warnings that are long, or have control characters.
  const annotations = { 'emissary.multiflexi.eu/container': `nowhere\u001b${'x'.repeat(5_000)}` };
  const unnamed = await place.apply(podOf('unnamed', 'exit 0', {}, { annotations }));
  assert.match(unnamed, /it has no container nowhere/);
  const invalid = { 'emissary.multiflexi.eu/template': '{"outputs":{"artifacts":1}}' };
  const wrong = await place.apply(podOf('wrong', 'exit 0', {}, { annotations: invalid }));
  assert.match(wrong, /not wrapped[^\n]*outputs\.artifacts/);
  await rootIsWrapped(place);
});

/** A pod whose user is root is reported by a user that is not. */
async function rootIsWrapped(place: WebhookPlace): Promise<void> {
  const script = 'umask 077; id -u; mkdir -p /tmp/out; echo secret > /tmp/out/file; exit 0';
  const annotations = {
    'emissary.multiflexi.eu/template': JSON.stringify({
      outputs: { artifacts: [{ name: 'out', path: '/tmp/out' }] },
    }),
  };
  await place.apply(podOf('root', script, { securityContext: { runAsUser: 0 } }, { annotations }));
  const pod = await place.ended('root');
  assert.equal(pod.status.phase, 'Succeeded', JSON.stringify(pod.status));
  assert.equal((await place.kubectl('logs', 'root')).stdout, '0');
  const report = await place.kubectl('logs', 'root', '--container=emissary-reporter');
  assert.match(report.stdout, /"name":"out"/, report.stderr);
}

test('webhook: in a namespace with a quota and the restricted standard, a pod of a Job without a name is wrapped', async (t) => {
  const enforce = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const place = await webhookPlace(t, { labels: enforce });
  if (place === null) return;
  await place.start();
  const hard = { 'limits.cpu': '4', 'limits.memory': '2Gi', 'requests.cpu': '4', 'requests.memory': '2Gi' };
  const amounts = { cpu: '100m', memory: '64Mi' };
  const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
  const job = {
    name: 'job',
    image: jobImage,
    command: ['sh', '-c', 'id -u; exit 0'],
    resources: { limits: amounts, requests: amounts },
    securityContext,
  };
  const user = { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } };
  const spec = { restartPolicy: 'Never', containers: [job], securityContext: user };
  const metadata = { name: 'quota' };
  await place.apply(
    { apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard } },
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'report' },
      spec: { backoffLimit: 0, template: { metadata: { labels }, spec } },
    },
  );
  await until('the Job has succeeded', async () => {
    const { stdout } = await place.kubectl('get', 'job', 'report', '--output=jsonpath={.status}');
    assert.notEqual(JSON.parse(stdout).failed, 1, stdout);
    return JSON.parse(stdout).succeeded === 1;
  });
  const { stdout } = await place.kubectl('get', 'pods', '--output=json');
  const [pod] = JSON.parse(stdout).items as readonly WrappedPod[];
  assert.ok(pod !== undefined);
  assert.equal(reporters(pod), 1);
  assert.equal((await place.kubectl('logs', pod.metadata.name)).stdout, '1000');
});
