import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Asked, startApiFront } from '../helpers/api-front.ts';
import { type OperatorPlace, operatorPlace } from '../helpers/operator.ts';
import { until } from '../helpers/until.ts';

/** How long a job may take to start, in seconds: long enough for this machine, and waited for once in each test. */
const startTimeoutSeconds = 10;
/** No node of the cluster fits. */
const podTemplate = { spec: { nodeSelector: { nowhere: 'at-all' } } };

/**
 * Makes a job whose operator is killed before a request, and waits for longer than the job may take to start: by what the job
 * itself tells, or its pod.
 */
async function absence(
  t: TestContext,
  of: {
    readonly place: OperatorPlace;
    readonly script: string;
    readonly spec: object;
    readonly before: (asked: Asked, earlier: readonly Asked[]) => boolean;
  },
): Promise<void> {
  const { place, script, spec, before } = of;
  const front = await startApiFront(t, place.cluster.kubeconfig);
  const away = { status: 503, body: { kind: 'Status', code: 503, message: 'nobody is there' } };
  let isReached = false;
  front.interference = {
    answer: (asked) => {
      isReached ||= before(asked, front.asked);
      return isReached && asked.method !== 'GET' ? away : null;
    },
  };
  const first = await place.start(['--lease', '0', '--kubeconfig', front.kubeconfig]);
  await place.make('job', script, { startTimeoutSeconds, ...spec });
  await until('the operator is about to ask', () => isReached);
  first.kill('SIGKILL');
  await first.finished;
  const begun = Date.now();
  await until('its time to start is over', () => Date.now() > begun + (startTimeoutSeconds + 1) * 1_000);
}

function isStatus({ method, path }: Asked): boolean {
  return method === 'PATCH' && path.includes('/status');
}

function isPost({ method, path }: Asked, kind: string): boolean {
  return method === 'POST' && path.endsWith(`/${kind}`);
}

const instants = {
  'its pod was made': (asked: Asked) => isPost(asked, 'pods'),
  'the pod was written down': (asked: Asked, earlier: readonly Asked[]) =>
    isStatus(asked) && earlier.some((each) => isPost(each, 'pods')),
} as const;

for (const [instant, before] of Object.entries(instants)) {
  test(`operator: nobody works on a job for longer than it may take to start, before ${instant}: it runs`, async (t) => {
    const place = await operatorPlace(t);
    if (place === null) return;
    await absence(t, { place, script: 'exit 0', spec: { timeoutSeconds: 600 }, before });
    await place.start();
    const { phase, message = '', attempts, systemFailures } = await place.phase('job', 'Succeeded', 'Failed');
    assert.deepEqual([phase, attempts, systemFailures], ['Succeeded', 1, 0], message);
  });
}

test('operator: nobody works on a job for longer than it may take to start, before its pod may start: it runs', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  await absence(t, { place, script: 'exit 0', spec: {}, before: (asked) => isPost(asked, 'secrets') });
  await place.start();
  // Its pod has used up some of its deadline: it is one that the cluster has failed.
  const { phase, message = '' } = await place.phase('job', 'Succeeded', 'Failed');
  assert.equal(phase, 'Succeeded', message);
});

test('operator: a pod that has started by itself while nobody worked goes on, however late that is seen', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const before = (asked: Asked, earlier: readonly Asked[]) =>
    isStatus(asked) && earlier.some((each) => isPost(each, 'secrets'));
  await absence(t, { place, script: 'sleep 15; exit 3', spec: {}, before });
  await place.start();
  const { phase, exitCode, attempts } = await place.phase('job', 'Succeeded', 'Failed');
  assert.deepEqual([phase, exitCode, attempts], ['Failed', 3, 1]);
});

test('operator: a pod that could start, and has not in its time, is given up, whoever was away meanwhile', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const before = (asked: Asked, earlier: readonly Asked[]) =>
    isStatus(asked) && earlier.some((each) => isPost(each, 'secrets'));
  await absence(t, { place, script: 'exit 0', spec: { podTemplate }, before });
  await place.start();
  const begun = Date.now();
  const { phase, reason } = await place.phase('job', 'Succeeded', 'Failed');
  assert.deepEqual([phase, reason], ['Failed', 'StartTimedOut']);
  assert.ok(Date.now() - begun < startTimeoutSeconds * 1_000);
});

test('operator: a job for which there is no place in a quota has its time from when somebody works on it again', async (t) => {
  const place = await operatorPlace(t);
  if (place === null) return;
  const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'none' } };
  await place.apply({ ...quota, spec: { hard: { pods: '0' } } });
  await until('it holds', async () =>
    (await place.kubectl('get', 'quota', 'none', '-ojson')).includes('"used"'),
  );
  await absence(t, { place, script: 'exit 0', spec: {}, before: (asked) => isPost(asked, 'pods') });
  await place.start();
  await until('it waits', async () => (await place.job('job'))?.status?.reason === 'QuotaExceeded');
  assert.equal((await place.phase('job', 'Succeeded', 'Failed')).reason, 'StartTimedOut');
});
