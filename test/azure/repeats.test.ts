import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type AzureLauncher, azureLauncher } from '../helpers/azure/azure-launcher.ts';
import { type Call, refused } from '../helpers/azure/call.ts';
import type { Group } from '../helpers/azure/group.ts';
import { until } from '../helpers/until.ts';

const isGroup = ({ method, url }: Call) => method === 'GET' && /\/containerGroups\/[^/]+$/.test(url.pathname);
const missing = refused(404, 'ResourceNotFound', 'It is not available yet.');

test('one 404 makes neither the next launch of a job nor list --clean believe that its group is gone', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { azure } = launcher;
  let misses = 0;
  azure.faults.before = (call) => {
    if (!isGroup(call) || misses === 0) return null;
    misses -= 1;
    return missing;
  };
  const options = ['--job-id', '95', '--report', 'none'];
  const script = `echo ready; until ${launcher.gate().isOpen}; do sleep 0.05; done; echo ended; exit 19`;
  const first = launcher.startScript(script, { options });
  await until('the job runs', () => first.stdout().toString().includes('ready'));
  first.kill('SIGKILL');
  await first.finished;
  misses = 1;
  const second = launcher.startScript('echo another', { options });
  await until('it is followed', () => second.stdout().toString().includes('ready'));
  assert.equal(misses, 0);
  second.kill('SIGKILL');
  await second.finished;
  await launcher.gate().open();
  await until('the job has ended', () => azure.only.views.get('main')?.currentState.state === 'Terminated');
  misses = 1;
  const { stderr } = await launcher.verb(['list', '--clean']);
  assert.equal(misses, 0);
  assert.match(stderr, /^emissary: job-95: finished \(19\)$/m);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('while Azure does not tell whether a job runs, the next launch leaves it alone: it is followed later', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { azure } = launcher;
  const options = ['--job-id', '104', '--report', 'none'];
  const script = `echo ready; until ${launcher.gate().isOpen}; do sleep 0.05; done; echo ended; exit 38`;
  const first = launcher.startScript(script, { options });
  await until('the job runs', () => first.stdout().toString().includes('ready'));
  first.kill('SIGKILL');
  await first.finished;
  let failures = Number.POSITIVE_INFINITY;
  azure.faults.before = (call) => {
    if (!isGroup(call) || failures === 0) return null;
    failures -= 1;
    return refused(503, 'ServerBusy', 'Azure is not well.');
  };
  const second = await launcher.script('echo another', { options });
  assert.equal(second.status, 64);
  assert.match(
    second.stderr,
    /^emissary: Azure cannot tell of the container group [^\n]*: Azure is not well; the job is left as it is; launch it again to follow it\n$/,
  );
  assert.equal(azure.only.state, 'Running');
  failures = 2;
  const third = launcher.startScript('echo another', { options });
  await until('it is followed', () => third.stdout().toString().includes('ready'));
  await launcher.gate().open();
  const { status, stdout, stderr } = await third.finished;
  assert.deepEqual([status, stdout.toString()], [38, 'ready\nended\n'], stderr);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('one 404 does not let the group that an earlier launch has kept pass for the new one', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { azure } = launcher;
  const options = ['--job-id', '96', '--report', 'none'];
  const kept = await launcher.script('echo old; exit 20', { options: [...options, '--keep', 'always'] });
  assert.equal(kept.status, 20);
  // Else its record would lead to it.
  rmSync(join(launcher.state, 'jobs/job-96'), { recursive: true });
  let misses = 0;
  azure.faults.before = (call) => {
    if (!isGroup(call) || misses === 1) return null;
    misses += 1;
    return missing;
  };
  const { status, stdout, stderr } = await launcher.script('echo new; exit 21', { options });
  assert.deepEqual([status, stdout.toString(), misses], [21, 'new\n', 1], stderr);
});

test('a launcher that is killed while it waits for capacity: the next launch makes the group', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { faults } = launcher.azure;
  const message = "The requested resource is not available in the location 'westeurope' at this moment.";
  faults.failure = { code: 'ServiceUnavailable', message };
  const options = ['--job-id', '97', '--report', 'none'];
  const first = launcher.startScript('echo never', { options });
  const record = join(launcher.state, 'jobs/job-97/launch.json');
  const isWaiting = () =>
    existsSync(record) && /"text":"there is no capacity/.test(readFileSync(record, 'utf8'));
  await until('it waits for capacity', isWaiting);
  first.kill('SIGKILL');
  await first.finished;
  faults.failure = null;
  const { status, stdout, stderr } = await launcher.script('echo runs; exit 25', { options });
  assert.deepEqual([status, stdout.toString()], [25, 'runs\n'], stderr);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('a group that appears only after its request was cut off is the job’s', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  void appearsLate(launcher);
  const { status, stdout, stderr } = await launcher.script('echo once; exit 22');
  assert.deepEqual([status, stdout.toString()], [22, 'once\n'], stderr);
  assert.equal(launcher.azure.asked.filter((each) => each.startsWith('PUT')).length, 1);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('a group that appears only after its request was cut off, and after TERM, is deleted', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const cut = appearsLate(launcher);
  const running = launcher.startScript('echo never');
  await cut;
  running.kill('SIGTERM');
  const { status, stdout } = await running.finished;
  assert.deepEqual([status, stdout.toString()], [143, '']);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('a group that has failed, whose operation cannot be read: its events say whether time mends it', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { azure } = launcher;
  const message = "The requested resource is not available in the location 'westeurope' at this moment.";
  azure.faults.before = ({ url }) =>
    url.pathname.includes('/operations/') ? refused(500, 'InternalServerError', 'Try again.') : null;
  let tries = 0;
  azure.faults.after = ({ method }, reply) => {
    if (method !== 'PUT') return reply;
    tries += 1;
    azure.faults.failure = tries === 1 ? { code: 'ServiceUnavailable', message } : null;
    if (tries === 1) azure.only.events.push({ name: 'ServiceUnavailable', type: 'Warning', message });
    return reply;
  };
  const { status, stdout, stderr } = await launcher.script('echo runs; exit 23');
  assert.deepEqual([status, stdout.toString(), tries], [23, 'runs\n', 2], stderr);
  tries = 0;
  azure.faults.after = ({ method }, reply) => {
    if (method === 'PUT') azure.faults.failure = { code: 'Unknown', message: 'Nobody reads this.' };
    return reply;
  };
  const unknown = await launcher.script('echo never');
  assert.equal(unknown.status, 64);
  assert.match(
    unknown.stderr,
    /^emissary: The container group has ended before its job started: Azure does not tell why\n$/,
  );
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('an operation that cannot be read at once is asked again why it has failed', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { faults } = launcher.azure;
  const message = "The requested resource is not available in the location 'westeurope' at this moment.";
  faults.failure = { code: 'ServiceUnavailable', message };
  let asked = 0;
  faults.after = ({ url }, reply) => {
    if (!url.pathname.includes('/operations/')) return reply;
    asked += 1;
    if (asked === 1) return refused(503, 'ServerBusy', 'Azure is not well.');
    if (asked === 2) return { status: 200, body: { error: [] } };
    faults.failure = null;
    return reply;
  };
  const { status, stdout, stderr } = await launcher.script('echo runs; exit 39');
  assert.deepEqual([status, stdout.toString(), asked], [39, 'runs\n', 3], stderr);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('a request for a group that a proxy answers with a page of its own is sent again', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { faults, asked } = launcher.azure;
  const tries = () => asked.filter((each) => each.startsWith('PUT')).length;
  faults.before = ({ method }) =>
    method === 'PUT' && tries() === 1 ? { status: 200, body: '<html>Please log in</html>' } : null;
  const { status, stdout, stderr } = await launcher.script('echo once; exit 24');
  assert.deepEqual([status, stdout.toString(), tries()], [24, 'once\n', 2], stderr);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

/** The first request for a group is cut off, and its group appears seconds later. @returns resolves when it was cut off */
function appearsLate({ azure }: AzureLauncher): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  azure.faults.startMs = 4_000;
  azure.faults.after = ({ method }, reply) => {
    if (method !== 'PUT') return reply;
    const group: Group = azure.only;
    azure.groups.delete(group.name);
    setTimeout(() => azure.groups.set(group.name, group), 3_000);
    azure.faults.after = (_call, later) => later;
    resolve();
    return 'cut';
  };
  return promise;
}
