import assert from 'node:assert/strict';
import { test } from 'node:test';
import { azureLauncher } from '../helpers/azure/azure-launcher.ts';
import { type Call, refused } from '../helpers/azure/call.ts';
import { until } from '../helpers/until.ts';

const denied = refused(403, 'AuthorizationFailed', 'The client may not perform exec/action.');
const isExec = ({ url }: Call) => url.pathname.endsWith('/exec');

test('a job that is followed again without the right to exec runs on, and is finished once the right is there', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { azure } = launcher;
  const options = ['--job-id', '92', '--report', 'none'];
  const script = `echo ready; until ${launcher.gate().isOpen}; do sleep 0.05; done; echo ended; exit 17`;
  const first = launcher.startScript(script, { options });
  await until('the job runs', () => first.stdout().toString().includes('ready'));
  first.kill('SIGKILL');
  await first.finished;
  azure.faults.before = (call) => (isExec(call) ? denied : null);
  const second = await launcher.script('echo another', { options });
  assert.deepEqual([second.status, second.stdout.toString()], [64, 'ready\n']);
  assert.match(
    second.stderr,
    /^emissary: The job's volume cannot be reached: The client may not perform exec\/action; the job runs on; once that is allowed, launch it again, or run multiflexi-emissary list --clean$/m,
  );
  assert.equal(azure.only.state, 'Running');
  await launcher.gate().open();
  await until('the job has ended', () => azure.only.views.get('main')?.currentState.state === 'Terminated');
  const third = await launcher.script('echo another', { options });
  assert.equal(third.status, 64);
  assert.match(third.stderr, /; the job has ended, and its reporter holds the results for a while; once /);
  azure.faults.before = () => null;
  const last = await launcher.script('echo another', { options });
  assert.deepEqual([last.status, last.stdout.toString()], [17, 'ready\nended\n'], last.stderr);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('a right to exec that comes a little later, or is missing for a while, costs nothing', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { azure } = launcher;
  let refusals = 0;
  azure.faults.before = (call) => {
    if (!isExec(call) || refusals >= 3) return null;
    refusals += 1;
    return denied;
  };
  const script = `echo ready; until ${launcher.gate().isOpen}; do sleep 0.05; done; echo ended; exit 18`;
  const running = launcher.startScript(script);
  await until('the job runs', () => running.stdout().toString().includes('ready'));
  assert.equal(refusals, 3);
  refusals = 0;
  azure.terminals.cut();
  await until('it was refused again', () => refusals === 3);
  await launcher.gate().open();
  const { status, stdout, stderr } = await running.finished;
  assert.deepEqual([status, stdout.toString()], [18, 'ready\nended\n'], stderr);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('a launch that never gets the right to exec ends with 64, and nothing is left', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  launcher.azure.faults.before = (call) => (isExec(call) ? denied : null);
  const { status, stderr } = await launcher.script('sleep 1000');
  assert.equal(status, 64);
  assert.match(stderr, /^emissary: The volume cannot be reached: The client may not perform exec\/action$/m);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});
