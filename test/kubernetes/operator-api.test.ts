import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type ApiFront, startApiFront } from '../helpers/api-front.ts';
import { conditionOf, jobOf, type OperatorPlace, operatorPlace } from '../helpers/operator.ts';
import { until } from '../helpers/until.ts';

/** No node of the cluster fits: the pods of such jobs wait. */
const nowhere = { podTemplate: { spec: { nodeSelector: { nowhere: 'at-all' } } } };

/** A place whose operator sees the API server through a front. */
async function frontedPlace(t: TestContext): Promise<{ place: OperatorPlace; front: ApiFront } | null> {
  const place = await operatorPlace(t);
  if (place === null) return null;
  return { place, front: await startApiFront(t, place.cluster.kubeconfig) };
}

function options({ kubeconfig }: ApiFront): readonly string[] {
  return ['--lease', '0', '--kubeconfig', kubeconfig];
}

/** How many pods the operator has asked for. */
function podsWanted({ asked }: ApiFront): number {
  return asked.filter(({ method, path }) => method === 'POST' && path.endsWith('/pods')).length;
}

test('operator: 50 jobs at once, and news that come 2 s late: one pod each, and late news of earlier ones change nothing', async (t) => {
  const fronted = await frontedPlace(t);
  if (fronted === null) return;
  const { place, front } = fronted;
  front.interference = { event: (line) => pause(2_000, line) };
  await place.start(options(front));
  const names = Array.from({ length: 50 }, (_, index) => `late-${index}`);
  await place.apply(
    ...names.map((name) => jobOf(name, { command: ['true'], ...nowhere })),
    jobOf('twice', { command: ['sh', '-c', 'exit 1'] }),
  );
  assert.equal((await place.phase('twice', 'Failed')).attempts, 1);
  await place.kubectl('delete', 'ej', 'twice');
  await place.make('twice', 'exit 0');
  const { phase, attempts, phaseHistory = [] } = await place.phase('twice', 'Succeeded', 'Failed');
  assert.deepEqual([phase, attempts], ['Succeeded', 1]);
  await until('all pods are made', async () => (await place.pods()).length >= names.length);
  const pods = (await place.pods()).map(({ metadata }) => metadata.name);
  assert.deepEqual(
    pods.filter((name) => name.startsWith('late')).sort(),
    names.map((name) => `${name}-1`).sort(),
  );
  assert.equal(podsWanted(front), names.length + 2);
  const again = (await place.job('twice'))?.status?.phaseHistory;
  assert.deepEqual(again, phaseHistory);
});

test('operator: a watch that is too old, errors of the server and lost answers conclude nothing', async (t) => {
  const fronted = await frontedPlace(t);
  if (fronted === null) return;
  const { place, front } = fronted;
  await place.start(options(front));
  let left = 4;
  const tooOld = { type: 'ERROR', object: { kind: 'Status', metadata: {}, code: 410, reason: 'Expired' } };
  front.interference = { event: async (line) => (left-- > 0 ? tooOld : line) };
  await place.make('old', 'sleep 1; exit 7');
  assert.equal((await place.phase('old', 'Failed')).exitCode, 7);
  // Each kind of change is done, and its answer is lost; the pod is not seen before it is made a second time.
  const lost = new Map<string, number>();
  const kindOf = (method: string, path: string) => `${method} ${path.replace(/.*\/(?=[^/]+$)/, '')}`;
  front.interference = {
    loses: ({ method, path }) => {
      const times = lost.get(kindOf(method, path)) ?? 0;
      lost.set(kindOf(method, path), times + 1);
      return method !== 'GET' && times < 1;
    },
    has: ({ metadata }) => metadata.name !== 'unanswered-1' || (lost.get('POST pods') ?? 0) > 1,
  };
  await place.make('unanswered', 'exit 5');
  const { exitCode, attempts, phaseHistory } = await place.phase('unanswered', 'Failed', 'Succeeded');
  assert.deepEqual([exitCode, attempts], [5, 1]);
  assert.equal(phaseHistory?.filter(({ phase }) => phase === 'Failed').length, 1);
  assert.equal(lost.get('POST pods'), 2);
  assert.ok((lost.get('POST secrets') ?? 0) > 1 && (lost.get('PATCH status') ?? 0) > 1);
  await place.make('ill', 'sleep 3');
  await place.phase('ill', 'Executing');
  let refused = 0;
  const body = {
    kind: 'Status',
    status: 'Failure',
    message: 'etcd is ill',
    reason: 'InternalError',
    code: 500,
  };
  front.interference = { answer: () => (refused++ < 15 ? { status: 500, body } : null) };
  await place.make('other', 'exit 0');
  const ill = await place.phase('ill', 'Succeeded', 'Failed');
  assert.deepEqual([ill.phase, ill.systemFailures ?? 0], ['Succeeded', 0]);
  await place.phase('other', 'Succeeded');
});

test('operator: what a server answers to a new pod is waited for, or ends the job, by its class; messages are bounded', async (t) => {
  const fronted = await frontedPlace(t);
  if (fronted === null) return;
  const { place, front } = fronted;
  await place.start(options(front));
  const answers = [
    {
      status: 403,
      reason: 'Forbidden',
      message: 'pods is forbidden: User "operator" cannot create',
      ends: true,
    },
    { status: 403, reason: 'Forbidden', message: 'exceeded quota: small, requested: pods=1', ends: false },
    { status: 403, reason: 'Forbidden', message: 'failed quota: small: must specify limits.cpu', ends: true },
    { status: 422, reason: 'Invalid', message: `Pod is invalid: ${'long '.repeat(400_000)}`, ends: true },
    { status: 413, reason: 'RequestEntityTooLarge', message: 'limit is 3145728', ends: true },
    { status: 429, reason: 'TooManyRequests', message: 'wait', ends: false },
    { status: 500, reason: 'InternalError', message: 'webhook failed', ends: false },
    { status: 504, reason: 'Timeout', message: 'request timed out', ends: false },
  ];
  for (const [index, { status, ends, ...of }] of answers.entries()) {
    let times = 0;
    const body = { kind: 'Status', status: 'Failure', code: status, ...of };
    const isPod = (method: string, path: string) => method === 'POST' && path.endsWith('/pods');
    front.interference = {
      answer: ({ method, path }) => (isPod(method, path) && times++ < 2 ? { status, body } : null),
    };
    const name = `class-${index}`;
    await place.make(name, 'exit 0', nowhere);
    const told = await until(`${name} is told`, async () => {
      const found = (await place.job(name))?.status;
      return found?.phase === 'Failed' || found?.reason === 'Starting' ? found : null;
    });
    assert.equal(told.phase, ends ? 'Failed' : 'Queued', `${status} ${of.message.slice(0, 80)}`);
    if (!ends) continue;
    assert.deepEqual([told.reason, conditionOf(told, 'Failed')], ['PodRefused', 'True StartFailed']);
    assert.ok((told.message ?? '').startsWith(of.message.slice(0, 50)), told.message ?? '');
    assert.ok((told.message ?? '').length < 1_100);
  }
});

test('operator: jobs that have ended cause no writes, and neither does its restart', async (t) => {
  const fronted = await frontedPlace(t);
  if (fronted === null) return;
  const { place, front } = fronted;
  const first = await place.start(options(front));
  const names = Array.from({ length: 20 }, (_, index) => `done-${index}`);
  const environment = { Y: { type: 'integer', required: true } };
  const application = { definition: { name: 'X', executable: 'x', environment } };
  await place.apply(...names.map((name) => jobOf(name, { application })));
  const ended = '--output=jsonpath={range .items[*]}{.status.phase}{.metadata.finalizers} {end}';
  await until('nothing holds them', async () => {
    const phases = (await place.kubectl('get', 'ej', ended)).trim().split(' ');
    return phases.length === names.length && phases.every((phase) => phase === 'Failed');
  });
  const versions = async () => {
    const path = '--output=jsonpath={range .items[*]}{.metadata.name}={.metadata.resourceVersion} {end}';
    return (await place.kubectl('get', 'ej', path)).split(' ').filter((each) => each.startsWith('done'));
  };
  const before = await versions();
  first.kill('SIGTERM');
  await first.finished;
  front.asked.length = 0;
  await place.start(options(front));
  await place.make('last', 'exit 0');
  await place.phase('last', 'Succeeded');
  assert.deepEqual(await versions(), before);
  const changes = front.asked.filter(({ method }) => method !== 'GET');
  assert.deepEqual(
    changes.filter(({ path }) => path.includes('/done-')),
    [],
  );
  assert.ok(front.asked.length < 60, `${front.asked.length} requests`);
});
