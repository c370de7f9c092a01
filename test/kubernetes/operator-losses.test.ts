import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { atEnd } from '../helpers/at-end.ts';
import { jobImage } from '../helpers/launcher-parts.ts';
import { conditionOf, jobOf, type OperatorPlace, operatorPlace } from '../helpers/operator.ts';
import { until } from '../helpers/until.ts';

const endings = ['Succeeded', 'Failed', 'TimedOut'] as const;
const confined = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, runAsUser: 65_532 };

test('operator: what ends a pod decides whether the job or the cluster has failed', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  await place.start();
  const node = await ghostNode(t, place);
  const marker = `kill-me-${place.namespace}`;
  const limits = { memory: '128Mi' };
  const first = {
    name: 'first',
    image: jobImage,
    command: ['sh', '-c', 'exit 9'],
    securityContext: confined,
  };
  const once = { systemRetries: 0 };
  await place.make('memory', 'exec tail /dev/zero', main({ resources: { limits } }));
  await place.make('evicted', 'head -c 5000000 /dev/zero > /scratch/big; sleep 1000', {
    ...once,
    podTemplate: {
      spec: {
        volumes: [{ name: 'scratch', emptyDir: { sizeLimit: '1Mi' } }],
        ...main({ volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }] }).podTemplate.spec,
      },
    },
  });
  await place.make('init', 'exit 0', { ...once, podTemplate: { spec: { initContainers: [first] } } });
  await place.make('killed', `sleep 1000; : ${marker}`);
  await place.make('ghost', 'exit 0', { ...once, podTemplate: { spec: { nodeName: node } } });
  await place.apply(jobOf('imageless', { image: 'localhost/nowhere/at-all:1', command: ['x'], retries: 3 }));
  await makeHuge(place);
  await loseNode(place, 'ghost');

  await t.test(
    'operator: a job that is out of memory has failed itself, and its message says so',
    async () => {
      const status = await place.phase('memory', ...endings);
      assert.deepEqual([status.phase, status.reason, status.exitCode], ['Failed', 'OOMKilled', 137]);
      assert.equal(conditionOf(status, 'Failed'), 'True PermanentFailure');
      assert.match(status.message ?? '', /out of memory \(limit 128Mi\)/);
    },
  );
  await t.test('operator: a job whose process is killed from outside has failed itself', async () => {
    await place.phase('killed', 'Executing');
    await until('it is found', () => killAll(marker));
    const status = await place.phase('killed', ...endings);
    assert.deepEqual([status.exitCode, conditionOf(status, 'Failed')], [137, 'True PermanentFailure']);
  });
  await t.test(
    'operator: an init container that fails costs a system retry, and its code is told',
    async () => {
      const status = await place.phase('init', ...endings);
      assert.equal(conditionOf(status, 'Failed'), 'True RetryableFailure', JSON.stringify(status));
      assert.match(status.message ?? '', /container first has failed \(9/);
    },
  );
  await t.test('operator: a pod that is evicted costs a system retry', async () => {
    const status = await place.phase('evicted', ...endings);
    assert.deepEqual([status.reason, status.systemFailures], ['Evicted', 1]);
    assert.equal(conditionOf(status, 'Failed'), 'True RetryableFailure');
  });
  await t.test(
    'operator: an image that cannot be pulled is given up after a grace, and its pod is gone then',
    async () => {
      const status = await place.phase('imageless', ...endings);
      const pods = (await place.pods()).map(({ metadata }) => metadata.name);
      assert.deepEqual(
        [status.reason, status.attempts, pods.includes('imageless-1')],
        ['ImagePullFailed', 1, false],
      );
      assert.match(status.message ?? '', /localhost\/nowhere\/at-all:1/);
    },
  );
  await t.test(
    'operator: a pod whose node died is lost, and its object that stays is not waited for',
    async () => {
      const status = await place.phase('ghost', ...endings);
      assert.equal(conditionOf(status, 'Failed'), 'True RetryableFailure', JSON.stringify(status));
      assert.match(status.message ?? '', new RegExp(`its node ${node} does not answer`));
    },
  );
  await t.test(
    'operator: a job with more variables than fit ends, though its reporter waits for it',
    async () => {
      const status = await place.phase('huge', ...endings);
      assert.equal(conditionOf(status, 'Failed'), 'True PermanentFailure', JSON.stringify(status));
      assert.ok(JSON.stringify(status).length < 20_000);
    },
  );
});

async function makeHuge({ cluster, namespace }: OperatorPlace): Promise<void> {
  const environment = { TEXT: { type: 'string', defval: 'x'.repeat(900_000) } };
  const definition = { name: 'Huge', executable: 'true', ociimage: jobImage, environment };
  // What kubectl applies it notes a second time.
  const made = await cluster.kubectl(['--namespace', namespace, 'create', '--filename', '-'], {
    objects: [jobOf('huge', { application: { definition } })],
  });
  assert.equal(made.exitCode, 0, made.stderr);
}

function main(of: object) {
  return { podTemplate: { spec: { containers: [{ name: 'main', ...of }] } } };
}

/** A node that is told of in the cluster, and does not exist. */
async function ghostNode(
  t: Parameters<typeof atEnd>[0],
  { cluster, namespace, apply, kubectl }: OperatorPlace,
) {
  const name = `ghost-${namespace}`;
  atEnd(t, async () => {
    await kubectl('delete', 'pods', '--all', '--force', '--grace-period=0');
    await cluster.kubectl(['delete', 'node', name]);
  });
  await apply({ apiVersion: 'v1', kind: 'Node', metadata: { name } });
  return name;
}

/** What a kubelet would tell before its machine dies; then somebody deletes the pod. */
async function loseNode({ kubectl, phase }: OperatorPlace, job: string): Promise<void> {
  await until('its pod is there', async () => (await kubectl('get', 'pods', '--output=name')).includes(job));
  const started = { running: { startedAt: new Date().toISOString() } };
  const containerStatuses = ['main', 'reporter'].map((name) => ({
    ...{ name, image: jobImage, imageID: '', restartCount: 0, ready: true },
    state: started,
  }));
  const patch = JSON.stringify({ status: { phase: 'Running', containerStatuses } });
  await kubectl('patch', 'pod', `${job}-1`, '--subresource=status', '--patch', patch);
  await phase(job, 'Executing');
  await kubectl('delete', 'pod', `${job}-1`, '--grace-period=1', '--wait=false');
}

/** Kills the processes of this machine that have a text in their command line. @returns whether there was one */
function killAll(text: string): boolean {
  const found = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandLine(pid).includes(text));
  for (const pid of found) if (Number(pid) !== process.pid) process.kill(Number(pid), 'SIGKILL');
  return found.length > 0;
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
