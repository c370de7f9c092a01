import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operatorPlace } from '../helpers/operator.ts';
import { until } from '../helpers/until.ts';

test('operator: user and podTemplate decide what they may, and nothing of what runs the job', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  await place.start();
  const limits = { cpu: '500m', memory: '96Mi' };
  const podTemplate = {
    metadata: { annotations: { team: 'a' }, labels: { 'emissary.multiflexi.eu/job': 'stolen' } },
    spec: {
      restartPolicy: 'Always',
      enableServiceLinks: true,
      securityContext: { runAsNonRoot: true, fsGroup: 2000 },
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      containers: [
        {
          name: 'main',
          command: ['false'],
          imagePullPolicy: 'Never',
          resources: { limits },
          securityContext: { readOnlyRootFilesystem: true, runAsGroup: 3000 },
        },
        { name: 'reporter', image: 'nothing:1', resources: { limits: { memory: '256Mi' } } },
      ],
    },
  };
  const script = '[ "$(id -u):$(id -g)" = 1234:3000 ] && ! touch /x';
  await place.make('own', script, { user: '1234:5678', podTemplate, keepPod: 'Always' });
  const status = await place.phase('own', 'Succeeded', 'Failed');
  assert.equal(status.phase, 'Succeeded', status.message ?? '');
  const pod = JSON.parse(await place.kubectl('get', 'pod', 'own-1', '--output=json'));
  const [main, reporter] = pod.spec.containers;
  assert.deepEqual([main.name, main.resources.limits, main.imagePullPolicy], ['main', limits, 'Never']);
  assert.deepEqual([reporter.resources.limits, reporter.image === 'nothing:1'], [{ memory: '256Mi' }, false]);
  assert.deepEqual(
    [pod.spec.restartPolicy, pod.spec.enableServiceLinks, pod.spec.securityContext.fsGroup],
    ['Never', true, 2000],
  );
  assert.equal(pod.spec.securityContext.seccompProfile.type, 'RuntimeDefault');
  assert.deepEqual(
    [pod.metadata.annotations.team, pod.metadata.labels['emissary.multiflexi.eu/job']],
    ['a', 'own'],
  );
});

test('operator: a job is root only with allowRoot, where the namespace allows it', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  await place.start();
  await place.make('root', 'exit 0', { user: '0' });
  const invalid = await place.phase('root', 'Failed');
  assert.deepEqual([invalid.reason, await place.pods()], ['InvalidSpec', []]);
  await place.make('refused', 'exit 0', { allowRoot: true });
  const refused = await place.phase('refused', 'Failed');
  assert.match(refused.message ?? '', /violates PodSecurity/);
  const label = 'pod-security.kubernetes.io/enforce=baseline';
  await place.kubectl('label', '--overwrite', 'namespace', place.namespace, label);
  await until('baseline counts', async () => {
    await place.kubectl('delete', 'ej', '--all');
    await place.make('allowed', '[ "$(id -u)" = 0 ]', { allowRoot: true });
    return (await place.phase('allowed', 'Succeeded', 'Failed')).phase === 'Succeeded';
  });
});
