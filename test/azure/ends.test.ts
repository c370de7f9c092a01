import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { azureLauncher } from '../helpers/azure/azure-launcher.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

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
  // The job's time and its grace, and what saving and reporting may take; the reporter waits for the job's image, and holds
  // the volume, too.
  assert.deepEqual(
    probes.map(({ name, seconds }) => [name, seconds]),
    [
      ['main', 194],
      ['reporter', 894],
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
  const given = ['--timeout', '100', '--grace', '10', '--hold', '1', '--start-timeout', '1000'];
  assert.deepEqual(await probesOf(given), [300, 1301]);
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

test('a launcher that is killed while its group is being made: the next one follows that group', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const { azure } = launcher;
  azure.faults.startMs = 3_000;
  const options = ['--job-id', '90', '--report', 'none'];
  const first = launcher.startScript('echo once; exit 14', { options });
  await until('it is being made', () => azure.groups.size === 1);
  first.kill('SIGKILL');
  await first.finished;
  const { status, stdout, stderr } = await launcher.script('echo another', { options });
  assert.deepEqual([status, stdout.toString()], [14, 'once\n'], stderr);
  assert.equal(azure.asked.filter((each) => each.startsWith('PUT')).length, 1);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('--keep keeps the group, and says how to look at it; the next launch of the job replaces it', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const options = ['--job-id', '91', '--report', 'none', '--keep', 'failed'];
  const kept = await launcher.script('echo kept; exit 15', { options });
  assert.equal(kept.status, 15);
  const { subscription, only } = launcher.azure;
  assert.match(kept.stderr, /^emissary: Kept: the volume .*; to look at it: az container show /m);
  assert.ok(kept.stderr.includes(`--subscription ${subscription} --resource-group jobs --name ${only.name}`));
  const { status, stdout, stderr } = await launcher.script('echo again', { options });
  assert.deepEqual([status, stdout.toString()], [0, 'again\n'], stderr);
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('a file that a variable names is in the group; an init that fails is told as that', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const place = temporaryVolume(t);
  const input = join(place, 'input.csv');
  writeFileSync(input, 'a,b\n');
  const application = join(place, 'x.multiflexi.app.json');
  const environment = { TABLE: { type: 'file-path' } };
  const definition = { name: 'Files', executable: 'cat', cmdparams: '{TABLE}', environment };
  writeFileSync(application, JSON.stringify(definition));
  writeFileSync(join(place, 'variables'), `TABLE=${input}\n`);
  const args = ['launch', ...launcher.options, '--variables', join(place, 'variables'), application];
  const { status, stdout, stderr } = await launcher.verb(args);
  assert.deepEqual([status, stdout.toString()], [0, 'a,b\n'], stderr);
  const template = join(place, 'template.json');
  const nowhere = { name: 'x', path: '/tmp/x', http: { url: 'http://127.0.0.1:1/x' } };
  writeFileSync(template, JSON.stringify({ inputs: { artifacts: [nowhere] } }));
  const failed = await launcher.script('echo never', { options: ['--template', template] });
  assert.equal(failed.status, 64);
  assert.match(
    failed.stderr,
    /has ended before its job started: its container install has failed \(\d+\): Cannot stage input x [^\n]*\n$/,
  );
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});

test('eight launches at once, the first ones of an installation', async (t) => {
  const launcher = await azureLauncher(t);
  if (launcher === null) return;
  const runs = [...Array(8).keys()];
  const ended = await Promise.all(runs.map((run) => launcher.script(`echo line ${run}; exit ${run}`)));
  assert.deepEqual(
    ended.map(({ status, stdout, stderr }) => [status, stdout.toString(), stderr]),
    runs.map((run) => [run, `line ${run}\n`, '']),
  );
  assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
});
