import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { operatorLauncher, waiting } from '../helpers/operator-launcher.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { seeded } from '../helpers/seeded.ts';
import { until } from '../helpers/until.ts';

test('launch --via operator: without an operator it waits, and gives up in time, and a later operator finds nothing', async (t) => {
  const launcher = await operatorLauncher(t);
  if (launcher === null) return;
  const { status, stderr } = await launcher.script('exit 0', { options: ['--start-timeout', '2'] });
  assert.equal(status, 64);
  assert.match(stderr, /did not start within 2 s: still waiting for an operator of the namespace/);
  assert.deepEqual([launcher.left(), await launcher.jobs()], [[], []]);
  const running = launcher.startScript('echo late');
  await until('its resource is there', async () => (await launcher.jobs()).length === 1);
  const operator = await launcher.place.start();
  assert.equal((await running.finished).status, 0, running.stderr());
  assert.doesNotMatch(operator.stderr(), /cannot/i);
});

test('launch --via operator: an operator that is killed costs nothing while the job runs', async (t) => {
  const launcher = await operatorLauncher(t);
  if (launcher === null) return;
  const operator = await launcher.place.start();
  const job = reportedJob(t);
  const running = launcher.startScript(`${waiting}; echo on; exit 4`, { env: job.env });
  await until('the job runs', () => running.stdout().toString().includes('ready'));
  operator.kill('SIGKILL');
  await operator.finished;
  await launcher.open();
  await until('the output goes on', () => running.stdout().toString().includes('on\n'));
  await launcher.place.start();
  const { status, stdout, stderr } = await running.finished;
  assert.deepEqual([status, stdout.toString(), job.row().exitcode], [4, 'ready\non\n', 4], stderr);
  assert.deepEqual(launcher.left(), []);
  await until('nothing is left', async () => (await launcher.remains()).length === 0);
});

test('launch --via operator: somebody who deletes the resource stops the job, which is told', async (t) => {
  const launcher = await operatorLauncher(t);
  if (launcher === null) return;
  await launcher.place.start();
  const job = reportedJob(t);
  const running = launcher.startScript(`trap 'echo stopped; exit 6' TERM; ${waiting}`, { env: job.env });
  await until('the job runs', () => running.stdout().toString().includes('ready'));
  await launcher.place.kubectl('delete', 'emissaryjobs', '--all', '--wait=false');
  const { status, stdout, stderr } = await running.finished;
  assert.deepEqual([status, stdout.toString()], [6, 'ready\nstopped\n'], stderr);
  assert.equal(job.row().exitcode, 6);
  assert.deepEqual(launcher.left(), []);
});

test('launch --via operator: a job that the cluster has failed is followed in its next pod', async (t) => {
  const launcher = await operatorLauncher(t);
  if (launcher === null) return;
  await launcher.place.start();
  const running = launcher.startScript(`${waiting}; exit 8`);
  await until('the job runs', () => running.stdout().toString().includes('ready'));
  const [first] = await launcher.place.pods();
  await launcher.place.kubectl(
    'delete',
    'pod',
    first?.metadata.name ?? '',
    '--grace-period=1',
    '--wait=false',
  );
  await until('it runs again', () => {
    assert.equal(running.stdout().toString(), 'ready\nready\n', running.stderr());
    return true;
  });
  assert.match(running.stderr(), /The cluster has failed the job, and runs it again/);
  await launcher.open();
  const { status, stderr } = await running.finished;
  assert.equal(status, 8, stderr);
  assert.deepEqual(launcher.left(), []);
});

test('launch --via operator: a job whose launcher was killed is attached to, and cancelled', async (t) => {
  const launcher = await operatorLauncher(t);
  if (launcher === null) return;
  await launcher.place.start();
  const job = reportedJob(t);
  const killed = async (script: string, jobId: string) => {
    const running = launcher.startScript(script, { env: job.env, options: ['--job-id', jobId] });
    await until('the job runs', () => running.stdout().toString().includes('ready'));
    running.kill('SIGKILL');
    await running.finished;
  };
  await killed(`${waiting}; echo more; exit 9`, '7');
  assert.match((await launcher.verb(['list'])).stdout.toString(), /job-7 .*unseen/);
  assert.match((await launcher.verb(['list', '--clean'])).stderr, /job-7: runs elsewhere/);
  await launcher.open();
  await until('the pod has reported it', () => job.row().exitcode === 9);
  const attached = await launcher.verb(['attach', '7']);
  assert.deepEqual([attached.status, attached.stdout.toString()], [9, 'ready\nmore\n'], attached.stderr);
  await killed(`trap 'exit 3' TERM; ${waiting}`, '8');
  const cancelled = await launcher.verb(['cancel', '8']);
  assert.equal(cancelled.status, 0, cancelled.stderr);
  assert.match(cancelled.stderr, /The job 8 has ended \(3\)/);
  assert.deepEqual(launcher.left(), []);
  await until('nothing is left', async () => (await launcher.remains()).length === 0);
});

const rounds = Number(process.env['EMISSARY_VIA_ROUNDS'] ?? 3);

test(`launch --via operator: killed ${rounds} times at random instants, each job is run and recorded once`, async (t) => {
  const launcher = await operatorLauncher(t);
  if (launcher === null) return;
  await launcher.place.start();
  const chance = seeded(t);
  for (let round = 0; round < rounds; round += 1) {
    const job = reportedJob(t, 10 + round);
    const script = 'for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.1; done; exit 4';
    const first = launcher.startScript(script, { env: job.env });
    // The instant itself is what is tried.
    await pause(chance.whole(0, 4_000));
    first.kill('SIGKILL');
    await first.finished;
    const again = await launcher.script(script, { env: job.env });
    const numbers = '1\n2\n3\n4\n5\n6\n7\n8\n';
    const { exitcode } = job.row();
    const lines = job.lines().filter(({ type }) => type === 'stdout');
    const found = [again.status, exitcode, lines.map(({ line }) => line).join('')];
    assert.deepEqual(found, [4, 4, numbers], again.stderr);
    // The first launcher may have finished it: then this was another job.
    assert.equal(again.stdout.toString(), numbers, again.stderr);
  }
  assert.deepEqual(launcher.left(), []);
  await until('nothing is left', async () => (await launcher.remains()).length === 0);
});
