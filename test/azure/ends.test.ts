import assert from 'node:assert/strict';
import { test } from 'node:test';
import { azureLauncher } from '../helpers/azure/azure-launcher.ts';
import { until } from '../helpers/until.ts';

test('a group that Azure restarts is lost with its volume: the job does not run twice to its end', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const running = launcher.startScript('echo ready; sleep 1000');
  await until('the job runs', () => running.stdout().toString().includes('ready'));
  await launcher.azure.only.restart();
  const { status, stdout, stderr } = await running.finished;
  assert.deepEqual([status, stdout.toString()], [137, 'ready\n'], stderr);
  assert.match(stderr, /Azure has restarted its container group/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('a group that somebody deletes while its job runs is told as that, with what had arrived', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { azure } = launcher;
  const running = launcher.startScript('echo ready; sleep 1000');
  await until('the job runs', () => running.stdout().toString().includes('ready'));
  const group = azure.only;
  azure.groups.clear();
  await group.remove();
  const { status, stdout, stderr } = await running.finished;
  assert.deepEqual([status, stdout.toString()], [137, 'ready\n'], stderr);
  assert.match(stderr, /somebody has removed it/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('a group that somebody stops is told as that', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const running = launcher.startScript('echo ready; sleep 1000');
  await until('the job runs', () => running.stdout().toString().includes('ready'));
  await launcher.azure.only.stop();
  const { status, stderr } = await running.finished;
  assert.equal(status, 137, stderr);
  assert.match(stderr, /somebody has stopped its container group/);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('a job without a timeout ends at its maximum life; the service has a guard of its own for each container', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { azure } = launcher;
  const options = ['--grace', '1', '--hold', '100', '--engine-option', 'max-life=3'];
  const running = launcher.startScript('echo ready; sleep 1000', { options });
  await until('the job runs', () => running.stdout().toString().includes('ready'));
  const probes = azure.only.wanted.properties.containers.map(({ name, properties }) => ({
    name,
    seconds: properties.livenessProbe?.initialDelaySeconds,
    command: properties.livenessProbe?.exec.command ?? [],
  }));
  // The job's time and its grace, and what saving and reporting may take; the reporter holds the volume, too.
  assert.deepEqual(
    probes.map(({ name, seconds }) => [name, seconds]),
    [
      ['main', 194],
      ['reporter', 294],
    ],
  );
  for (const { name, command } of probes) {
    const { exitCode } = await azure.engine.run(['exec', azure.only.container(name), ...command]);
    assert.ok(exitCode !== 0 && exitCode !== 126 && exitCode !== 127, `${command}: ${exitCode}`);
  }
  const { status, stderr } = await running.finished;
  assert.equal(status, 143, stderr);
  assert.match(stderr, /emissary: .*time/i);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('without a limit there is no guard, and a timeout has one of its own', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const probesOf = async (options: readonly string[]) => {
    const running = launcher.startScript('echo ready; sleep 1000', { options });
    await until('the job runs', () => running.stdout().toString().includes('ready'));
    const { containers } = launcher.azure.only.wanted.properties;
    running.kill('SIGTERM');
    await running.finished;
    return containers.map(({ properties }) => properties.livenessProbe?.initialDelaySeconds ?? null);
  };
  assert.deepEqual(await probesOf(['--engine-option', 'max-life=0']), [null, null]);
  assert.deepEqual(await probesOf(['--timeout', '100', '--grace', '10', '--hold', '1']), [300, 301]);
});

test('whoever gives up ends the group: nothing of the job runs on', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { azure } = launcher;
  const running = launcher.startScript("trap '' TERM; echo ready; while :; do sleep 0.05; done");
  await until('the job runs', () => running.stdout().toString().includes('ready'));
  const group = azure.only;
  // No signal reaches the wrapper.
  azure.terminals.mute = true;
  azure.terminals.cut();
  for (const wish of ['Stopping the job', 'Killing the job', 'Exiting without']) {
    const pressed = performance.now();
    // Two that are close count as one.
    await until('they are apart', () => performance.now() - pressed > 2_100);
    running.kill('SIGTERM');
    await until(wish, () => running.stderr().includes(wish));
  }
  assert.notEqual((await running.finished).status, 0);
  assert.equal(group.state, 'Stopped');
  await launcher.verb(['list', '--clean']);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});
