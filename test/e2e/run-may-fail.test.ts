import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { fixture } from '../helpers/fixture.ts';
import { keptBy, runJob, startJob } from '../helpers/job.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const fails = [fixture('exits.sh'), '42'];
const excuse = 'The job exited with code 42; this failure does not count';

test('run exits 0 for a failure that does not count, and seals the true exit code', async (t) => {
  const { status, kept } = await runJob(t, fails, { env: { EMISSARY_ON_FAILURE: 'continue' } });
  const { verdict, exitCode, tolerated, message, origin } = kept.result();
  assert.deepEqual([status, kept.text('exitcode')], [0, '42']);
  assert.deepEqual([verdict, exitCode, tolerated, origin, message], ['failed', 42, true, 'job', excuse]);
  const { root } = kept;
  const status_ = (await emissary(['status'], { root })).stdout.toString();
  assert.match(status_, /main +sealed +42 +failed .*this failure does not count/);
  for (const verb of ['wait', 'report']) {
    const { status, stdout } = await emissary([verb], { root });
    const report = JSON.parse(stdout.toString());
    const [main] = report.containers;
    const job = [report.exitCode, report.verdict, report.message];
    assert.deepEqual(
      [status, ...job, main.exitCode, main.verdict],
      [0, 0, 'succeeded', excuse, 42, 'failed'],
    );
  }
});

test('run starts the dependants of a container that may fail, and the job succeeds', async (t) => {
  const root = volume(t, {
    containerSet: { containers: [{ name: 'lint' }, { name: 'build', dependencies: ['lint'] }] },
    multiflexi: { mayFail: ['lint'] },
  });
  const build = startJob(t, ['echo', 'built'], { root, name: 'build' });
  assert.equal((await runJob(t, fails, { root, name: 'lint' })).status, 0);
  const { status, stdout } = await build.finished;
  assert.deepEqual([status, stdout.toString()], [0, 'built\n']);
  const report = JSON.parse((await emissary(['wait'], { root })).stdout.toString());
  assert.deepEqual([report.exitCode, report.verdict, report.message], [0, 'succeeded', `lint: ${excuse}`]);
});

test('a failure that does not count leaves the verdict to the other containers', async (t) => {
  const root = volume(t, {
    containerSet: { containers: [{ name: 'lint' }, { name: 'build' }] },
    multiflexi: { mayFail: ['lint'] },
  });
  await runJob(t, fails, { root, name: 'lint' });
  assert.equal((await runJob(t, [fixture('exits.sh'), '5'], { root, name: 'build' })).status, 5);
  const report = JSON.parse((await emissary(['wait'], { root })).stdout.toString());
  assert.deepEqual([report.exitCode, report.verdict], [5, 'failed']);
});

test('run exits 0 for a user sidecar that may fail, and for a command that was not found', async (t) => {
  const root = volume(t, { sidecars: [{ name: 'proxy' }], multiflexi: { mayFail: ['proxy', 'main'] } });
  const proxy = await runJob(t, fails, { root, name: 'proxy' });
  const main = await runJob(t, ['no-such-command'], { root });
  assert.deepEqual([proxy.status, proxy.kept.text('exitcode')], [0, '42']);
  assert.deepEqual([main.status, main.kept.text('exitcode')], [0, '127']);
});

test('run counts what is not a failure of the job itself: a stop, and a missing output', async (t) => {
  const env = { EMISSARY_ON_FAILURE: 'continue' };
  const job = startJob(t, [fixture('waits.sh')], { env });
  await until('the job is ready', () => job.stdout().includes('ready\n'));
  job.kill('SIGTERM');
  assert.equal((await job.finished).status, 143);
  const outputs = { artifacts: [{ name: 'a', path: '/no/such/file' }] };
  assert.equal((await runJob(t, ['true'], { env, template: { outputs } })).status, 64);
});

test('run refuses another value of EMISSARY_ON_FAILURE, and init an unknown container in mayFail', async (t) => {
  const { status, stderr } = await runJob(t, ['true'], { env: { EMISSARY_ON_FAILURE: 'ignore' } });
  assert.deepEqual([status, stderr], [64, 'emissary: EMISSARY_ON_FAILURE is neither fail nor continue\n']);
  const template = JSON.stringify({ multiflexi: { mayFail: ['lint'] } });
  const made = await emissary(['init'], { root: temporaryVolume(t), env: { EMISSARY_TEMPLATE: template } });
  assert.equal(made.status, 64);
  assert.match(made.stderr, /multiflexi\.mayFail\[0\]: is not a container or sidecar of the template/);
});

test('launch exits 0 for a failure that does not count, and reports the true code of the container', async (t) => {
  const job = reportedJob(t);
  const env = { ...job.env, EMISSARY_ON_FAILURE: 'continue' };
  const { status, stderr } = await emissary(['launch', '--root', job.root, '--', ...fails], { ...job, env });
  assert.deepEqual([status, stderr], [0, '']);
  assert.deepEqual([job.row().exitcode, keptBy(job.root).text('exitcode')], [0, '42']);
});

function volume(t: TestContext, template: object): string {
  const root = temporaryVolume(t);
  writeFileSync(join(root, 'template'), JSON.stringify(template));
  return root;
}
