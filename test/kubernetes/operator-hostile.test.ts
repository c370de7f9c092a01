import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobOf, operatorPlace } from '../helpers/operator.ts';
import { until } from '../helpers/until.ts';

const command = ['sh', '-c', 'exit 0'];
const podSpec = (spec: object) => ({ command, podTemplate: { spec } });

/** What whoever may make resources tries, and the reason and the message that it ends with. */
const attempts: Readonly<Record<string, readonly [spec: object, reason: string, message: RegExp]>> = {
  'a directory of the node': [
    podSpec({ volumes: [{ name: 'h', hostPath: { path: '/etc' } }] }),
    'PodRefused',
    /violates PodSecurity/,
  ],
  'the network of the node': [podSpec({ hostNetwork: true }), 'PodRefused', /violates PodSecurity/],
  'an account that is not there': [podSpec({ serviceAccountName: 'other' }), 'PodRefused', /not found/],
  'another namespace': [
    { command, podTemplate: { metadata: { namespace: 'kube-system' } } },
    'PodRefused',
    /namespace of the provided object does not match/,
  ],
  "another namespace's Secret": [
    { command, multiflexi: { jobId: 1, secretRef: { name: '../../kube-system/secrets/x' } } },
    'PodRefused',
    /secretRef\.name/,
  ],
  "another namespace's ConfigMap": [
    { application: { configMapKeyRef: { name: '../../kube-system/configmaps/x', key: 'x' } } },
    'InvalidSpec',
    /there is no ConfigMap/,
  ],
  'all ConfigMaps': [
    { application: { configMapKeyRef: { name: '..', key: 'items' } } },
    'InvalidSpec',
    /there is no ConfigMap/,
  ],
  'a volume of the pod itself': [
    podSpec({ volumes: [{ name: 'emissary', hostPath: { path: '/' } }] }),
    'PodRefused',
    /hostPath/,
  ],
  'a status': [{ command, podTemplate: { status: { phase: 'Succeeded' } } }, 'InvalidSpec', /only metadata/],
  'no list of containers': [
    podSpec({ containers: { name: 'main', resources: {} } }),
    'InvalidSpec',
    /containers .*not a list/,
  ],
  'no object of labels': [
    { command, podTemplate: { metadata: { labels: 'a=b' } } },
    'InvalidSpec',
    /labels .*not an object/,
  ],
  'odd entries': [podSpec({ containers: [null, 7] }), 'PodRefused', /./],
  'the character NUL in an argument': [{ command: ['echo', 'a\0b'] }, 'InvalidSpec', /spec\.command.*NUL/],
  'an argument that no program can have': [
    { command, args: ['x'.repeat(200_000)] },
    'InvalidSpec',
    /spec\.args.*131071 bytes/,
  ],
  'another volume': [
    { command, variables: [{ name: 'EMISSARY_ROOT', value: '/tmp' }] },
    'InvalidSpec',
    /EMISSARY_ROOT/,
  ],
};

test('operator: whatever a resource asks for, its job has what the namespace may have, and ends with a reason', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const operator = await place.start();
  const specs = Object.values(attempts);
  await place.apply(...specs.map(([spec], index) => jobOf(`attempt-${index}`, spec)));
  for (const [index, [what, [, reason, message]]] of Object.entries(attempts).entries()) {
    const status = await place.phase(`attempt-${index}`, 'Failed', 'Succeeded');
    assert.equal(status.reason, reason, `${what}: ${status.message}`);
    assert.match(status.message ?? '', message, what);
  }
  await until('no pod is left', async () => (await place.pods()).length === 0);
  assert.equal(operator.process.exitCode, null);
});

test('operator: long names, large specs and labels of others are no trouble', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const operator = await place.start();
  const long = 'n'.repeat(253);
  const dotted = `a.b.${'c'.repeat(100)}.d`;
  const labels = { 'emissary.multiflexi.eu/job': 'other', 'app.kubernetes.io/instance': 'other' };
  const podTemplate = { metadata: { labels, annotations: { odd: '{"\u2028\n\\' } } };
  await place.apply(
    jobOf(long, { command }),
    jobOf(dotted, { command }),
    jobOf('large', { command, variables: [{ name: 'LARGE', value: 'x'.repeat(100_000) }] }),
    jobOf('labelled', { command, podTemplate, keepPod: 'Always' }),
    jobOf('named', {
      command,
      variables: [
        { name: '__proto__', value: '1' },
        { name: 'a "b"\n', value: '\\' },
      ],
    }),
  );
  for (const name of [long, dotted, 'large', 'labelled', 'named'])
    assert.equal((await place.phase(name, 'Succeeded', 'Failed')).phase, 'Succeeded', name);
  const pod = JSON.parse(await place.kubectl('get', 'pod', 'labelled-1', '--output=json'));
  assert.equal(pod.metadata.labels['emissary.multiflexi.eu/job'], 'labelled');
  assert.equal(operator.process.exitCode, null);
});
