import assert from 'node:assert/strict';
import { test } from 'node:test';
import { azureLauncher } from '../helpers/azure/azure-launcher.ts';
import { refused } from '../helpers/azure/call.ts';
import { until } from '../helpers/until.ts';

test('A3: a request that exceeds the quota by itself is refused, with resource, region, limit, usage and request', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  launcher.azure.region.cores = 1;
  const { status, stderr } = await launcher.script('echo never', { options: ['--cpus', '2'] });
  assert.equal(status, 64);
  assert.equal(
    stderr,
    'emissary: The quota of StandardCores in westeurope is used up: limit 1, used 0, requested 3\n',
  );
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('A3: a quota that others use up is waited for until the start timeout, and told', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  launcher.azure.region.cores = 3;
  const first = launcher.startScript(`echo ready; until ${launcher.gate().isOpen}; do sleep 0.05; done`);
  await until('the first job runs', () => first.stdout().toString().includes('ready'));
  const second = await launcher.script('echo never', { options: ['--start-timeout', '3'] });
  assert.equal(second.status, 64);
  assert.match(
    second.stderr,
    /^emissary: The job did not start within 3 s: still the quota of StandardCores in westeurope is used up: limit 3, used 2, requested 2\n$/,
  );
  const third = launcher.startScript('echo third; exit 3');
  await until('it was refused', () => third.stderr().includes('quota') || launcher.azure.groups.size === 1);
  await launcher.gate().open();
  assert.equal((await first.finished).status, 0);
  const { status, stdout, stderr } = await third.finished;
  assert.deepEqual([status, stdout.toString()], [3, 'third\n'], stderr);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

const capacity = {
  code: 'ServiceUnavailable',
  message:
    "The requested resource is not available in the location 'westeurope' at this moment. Please retry with a " +
    "different resource request or in another location. Resource requested: '1' CPU '1.5' GB memory 'Linux' OS.",
};

test('A4: a region without capacity is tried again until the start timeout; the failed group is deleted', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  launcher.azure.faults.failure = capacity;
  const { status, stderr } = await launcher.script('echo never', { options: ['--start-timeout', '8'] });
  assert.equal(status, 64);
  assert.match(stderr, /did not start within 8 s: still there is no capacity in westeurope now: /);
  const made = launcher.azure.asked.filter((each) => each.startsWith('PUT'));
  assert.ok(made.length > 1, String(made.length));
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('A4: a job starts as soon as there is capacity', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { faults, asked } = launcher.azure;
  // Some regions refuse at once, others accept the group and fail it.
  faults.before = ({ method }) => {
    const tries = asked.filter((each) => each.startsWith('PUT')).length;
    if (method === 'PUT') faults.failure = tries === 2 ? capacity : null;
    return method === 'PUT' && tries === 1 ? refused(409, capacity.code, capacity.message) : null;
  };
  const { status, stdout, stderr } = await launcher.script('echo runs; exit 4');
  assert.deepEqual([status, stdout.toString()], [4, 'runs\n'], stderr);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('A5: containers that ask for more than a group may have are refused before anything is made', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { status, stderr } = await launcher.script('echo never', { options: ['--cpus', '4'] });
  assert.equal(status, 64);
  assert.equal(
    stderr,
    'emissary: The job asks for more than a container group may have in westeurope: 4.1 processors and 2 GB ' +
      '(the job 4 processors and 1.5 GB, the reporter 0.1 processors and 0.5 GB), and the most are ' +
      '4 processors and 16 GB; set --cpus and --memory\n',
  );
  const made = launcher.azure.asked.filter((each) => each.startsWith('PUT'));
  assert.deepEqual([made, launcher.left()], [[], []]);
  const memory = await launcher.script('echo never', { options: ['--memory', '16g'] });
  assert.match(memory.stderr, /1\.1 processors and 16\.5 GB/);
});

test('A8: TERM while the group is being made: it is deleted, and nothing starts', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { azure } = launcher;
  azure.faults.startMs = 5_000;
  let conflicts = 0;
  // A group that is being made cannot be deleted at once.
  azure.faults.before = ({ method }) => {
    if (method !== 'DELETE' || conflicts === 2) return null;
    conflicts += 1;
    return refused(409, 'ContainerGroupTransitioning', 'The container group is still transitioning.');
  };
  const running = launcher.startScript('echo never');
  await until('it is being made', () => azure.groups.size === 1);
  running.kill('SIGTERM');
  const { status, stdout, stderr } = await running.finished;
  assert.deepEqual([status, stdout.toString(), stderr], [143, '', '']);
  assert.deepEqual([conflicts, launcher.left(), await launcher.containers()], [2, [], []]);
});

test('A8: a group that is created after TERM is deleted, too', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { azure } = launcher;
  const held = Promise.withResolvers<null>();
  azure.faults.before = ({ method }) => (method === 'PUT' ? held.promise : null);
  const running = launcher.startScript('echo never');
  await until('it was requested', () => azure.asked.some((each) => each.startsWith('PUT')));
  running.kill('SIGTERM');
  held.resolve(null);
  assert.equal((await running.finished).status, 143);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('a request that is throttled waits as long as it is told, and TERM ends the wait', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { faults, asked } = launcher.azure;
  const throttled = (seconds: string) => ({
    ...refused(429, 'TooManyRequests', 'Too many requests.'),
    headers: { 'retry-after': seconds },
  });
  const tries = () => asked.filter((each) => each.startsWith('PUT')).length;
  faults.before = ({ method }) => (method === 'PUT' && tries() < 3 ? throttled('1') : null);
  assert.equal((await launcher.script('exit 16')).status, 16);
  assert.equal(tries(), 3);
  faults.before = ({ method }) => (method === 'PUT' ? throttled('3600') : null);
  const running = launcher.startScript('echo never');
  await until('it is throttled', () => tries() === 4);
  running.kill('SIGTERM');
  const { status, stdout } = await running.finished;
  assert.deepEqual([status, stdout.toString(), tries()], [143, '', 4]);
  const late = await launcher.script('echo never', { options: ['--start-timeout', '6'] });
  assert.equal(late.status, 64);
  assert.match(
    late.stderr,
    /did not start within 6 s: still waiting for Azure: it is asked too often, .* 600 s\n$/,
  );
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('an unanswered request for a group is looked up before a second one', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { azure } = launcher;
  let cuts = 0;
  azure.faults.after = ({ method }, reply) => {
    if (method !== 'PUT' || cuts > 0) return reply;
    cuts += 1;
    return 'cut';
  };
  const { status, stdout, stderr } = await launcher.script('echo once; exit 5');
  assert.deepEqual([status, stdout.toString()], [5, 'once\n'], stderr);
  assert.equal(azure.asked.filter((each) => each.startsWith('PUT')).length, 1);
});

test('an image that comes a little later is waited for; with --pull never it is not', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { faults, asked, groups } = launcher.azure;
  faults.before = ({ method }) => {
    const isFirst = asked.filter((each) => each.startsWith('PUT')).length === 1;
    return method === 'PUT' && isFirst
      ? refused(400, 'InaccessibleImage', "The image 'x:1' is not accessible.")
      : null;
  };
  assert.equal((await launcher.script('exit 6')).status, 6);
  faults.startMs = 600_000;
  const running = launcher.startScript('echo never', { options: ['--pull', 'never'] });
  await until('it is being made', () => groups.size === 1);
  const message = 'Failed to pull image "localhost/emissary-launch-test:1": manifest unknown';
  launcher.azure.only.events.push({ name: 'Failed', type: 'Warning', message });
  const { status, stderr } = await running.finished;
  assert.equal(status, 64);
  assert.match(
    stderr,
    /^emissary: The image localhost\/emissary-launch-test:1 is not there, or needs a login: /,
  );
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('a group that somebody deletes before its job starts is told as that', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { azure } = launcher;
  azure.faults.startMs = 600_000;
  const running = launcher.startScript('echo never');
  await until('it is being made', () => azure.groups.size === 1);
  azure.groups.clear();
  const { status, stderr } = await running.finished;
  assert.equal(status, 64);
  assert.match(stderr, /^emissary: Somebody has deleted the container group .* before its job started\n$/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('what no time mends fails at once, with what to do about it', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const other = await launcher.script('true', { options: ['--resource-group', 'nowhere'] });
  assert.equal(other.status, 64);
  assert.match(
    other.stderr,
    /^emissary: [^\n]*Resource group 'nowhere' could not be found[^\n]*--resource-group\n$/,
  );
  launcher.azure.faults.before = ({ method }) =>
    method === 'PUT' ? refused(403, 'AuthorizationFailed', 'The client has no authorization.') : null;
  const denied = await launcher.script('true');
  assert.equal(denied.status, 64);
  assert.match(
    denied.stderr,
    /^emissary: The client has no authorization \(AuthorizationFailed\); doctor [^\n]*\n$/,
  );
  const mount = await launcher.script('true', { options: ['--engine-option', 'shm-size=1m'] });
  assert.equal(mount.status, 64);
  assert.match(mount.stderr, /azure has no option shm-size; it knows max-life, subnet, registry-identity\n$/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});
