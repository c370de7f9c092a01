import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { atEnd } from '../helpers/at-end.ts';
import { emissary } from '../helpers/emissary.ts';
import { type Engine, requireEngine } from '../helpers/engine.ts';
import { makeImage, withBusybox } from '../helpers/images.ts';
import { installedVolume } from '../helpers/installed.ts';
import { requireProgram } from '../helpers/require.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** A running container with its volume. */
interface RunningJob {
  readonly name: string;
  readonly engine: Engine;
  readonly root: string;
}

/** The parts of a result that describe the end. */
interface Recorded {
  readonly verdict: string;
  readonly exitCode: number;
  readonly signal: string | null;
}

/** How a container is started. */
interface Setting {
  /** The engine's options. */
  readonly options?: readonly string[];
  /** The template on the volume. */
  readonly template?: object;
}

const narrow = ['--memory', '160m', '--memory-swap', '160m'];

for (const name of ['podman', 'docker'] as const) {
  test(`${name} stop: TERM reaches the job, which exits gracefully and is recorded as terminated`, async (t) => {
    const job = await startJob(
      t,
      name,
      'trap "echo tidied; exit 3" TERM; echo ready; while :; do sleep 0.1; done',
    );
    if (job === null) return;
    await job.engine.run(['stop', '--time', '120', job.name]);
    await until('the container has ended', async () => (await statusOf(job)) === 3);
    assert.deepEqual(recorded(job.root), { verdict: 'terminated', exitCode: 3, signal: null });
    assert.equal(readFileSync(join(job.root, 'ctr/main/stdout'), 'utf8'), 'ready\ntidied\n');
  });

  test(`${name} stop with less time than the grace: the engine kills the container, and the reporter records it as lost`, async (t) => {
    const job = await startJob(t, name, 'trap "" TERM; echo ready; while :; do sleep 0.1; done');
    if (job === null) return;
    await job.engine.run(['stop', '--time', '1', job.name]);
    await until('the container has ended', async () => (await statusOf(job)) === 137);
    assert.deepEqual(await reported(job), { verdict: 'lost', exitCode: 137 });
  });

  test(`${name} stop with five seconds, while outputs are packed: the job's own exit code is kept`, async (t) => {
    const outputs = { artifacts: [{ name: 'tree', path: '/tmp/tree' }] };
    const job = await startJob(t, name, 'dd if=/dev/urandom of=/tmp/tree bs=1M count=600; echo ready', {
      template: { outputs },
    });
    if (job === null) return;
    await until('it saves', () => existsSync(join(job.root, 'ctr/main/saving')));
    await job.engine.run(['stop', '--time', '5', job.name]);
    await until('the container has ended', async () => (await statusOf(job)) === 0);
    assert.deepEqual(recorded(job.root), { verdict: 'succeeded', exitCode: 0, signal: null });
    assert.equal(readFileSync(join(job.root, 'ctr/main/exitcode'), 'utf8'), '0');
    const { missing } = JSON.parse(readFileSync(join(job.root, 'ctr/main/result.json'), 'utf8')).outputs;
    assert.deepEqual(
      missing.map(({ name: output }: { name: string }) => output),
      ['tree'],
    );
  });

  test(`${name} kill: there is no seal, and the reporter records the container as lost`, async (t) => {
    const job = await startJob(t, name, 'echo ready; exec sleep 600');
    if (job === null) return;
    await job.engine.run(['kill', job.name]);
    await until('the container has ended', async () => (await statusOf(job)) === 137);
    assert.ok(!existsSync(join(job.root, 'ctr/main/exitcode')));
    assert.deepEqual(await reported(job), { verdict: 'lost', exitCode: 137 });
  });

  test(`${name} kill with another signal: the job gets it`, async (t) => {
    const job = await startJob(
      t,
      name,
      'trap "echo got it; exit 4" USR1; echo ready; while :; do sleep 0.1; done',
    );
    if (job === null) return;
    await job.engine.run(['kill', '--signal', 'USR1', job.name]);
    await until('it is sealed', () => existsSync(join(job.root, 'ctr/main/exitcode')));
    assert.equal(recorded(job.root).exitCode, 4);
  });

  test(`${name}: a memory limit that kills the job is recorded as the job's KILL`, async (t) => {
    const job = await startJob(t, name, hungry('job'), { options: narrow });
    if (job === null) return;
    await until('it is sealed', () => existsSync(join(job.root, 'ctr/main/exitcode')));
    assert.deepEqual(recorded(job.root), { verdict: 'failed', exitCode: 137, signal: 'SIGKILL' });
  });

  test(`${name}: a memory limit that kills the wrapper is reported as lost`, async (t) => {
    const job = await startJob(t, name, hungry('wrapper'), { options: narrow });
    if (job === null) return;
    await until('the container has ended', async () => (await statusOf(job)) === 137);
    assert.deepEqual(await reported(job), { verdict: 'lost', exitCode: 137 });
  });
}

/**
 * A script that allocates memory until a process is killed. The kernel chooses by oom_score_adj; a process may raise its
 * own, and the other's is 1000 below.
 */
function hungry(victim: 'job' | 'wrapper'): string {
  const process = victim === 'job' ? 'self' : '1';
  return [
    `echo 1000 > /proc/${process}/oom_score_adj`,
    'echo ready',
    'dd if=/dev/zero of=/dev/shm/fill bs=1M count=400 2>/dev/null',
    'x=x; while :; do x="$x$x"; done',
  ].join('; ');
}

/** Starts a container whose job prints `ready`, and waits for that. */
async function startJob(
  t: TestContext,
  name: Engine['name'],
  script: string,
  { options = [], template }: Setting = {},
): Promise<RunningJob | null> {
  const engine = await requireEngine(t, name);
  if (engine === null || !requireProgram(t, 'busybox')) return null;
  const image = await makeImage(t, engine, 'stopped', (tree) => withBusybox(tree, ['sh', 'sleep', 'dd']));
  const { root } = await installedVolume(t);
  if (template !== undefined) writeFileSync(join(root, 'template'), JSON.stringify(template));
  const container = `emissary-test-${process.pid}-${Math.round(performance.now())}`;
  const args = [
    ...[
      'run',
      '--detach',
      '--name',
      container,
      '--network',
      'none',
      '--volume',
      `${root}:/volume`,
      ...options,
    ],
    ...[image, '/volume/emissary', 'run', '--root', '/volume', '--', 'sh', '-c', script],
  ];
  // Podman's monitor leaves a file "oom" in its working directory.
  const { exitCode, stderr } = await engine.run(args, { cwd: temporaryVolume(t) });
  atEnd(t, () => engine.run(['rm', '--force', container]));
  assert.equal(exitCode, 0, stderr);
  const stdout = join(root, 'ctr/main/stdout');
  await until('the job is ready', () => readFileSync(stdout, 'utf8').includes('ready'));
  return { name: container, engine, root };
}

async function statusOf({ engine, name }: RunningJob): Promise<number | null> {
  const args = ['inspect', '--format', '{{.State.Status}} {{.State.ExitCode}}', name];
  const [state, code] = (await engine.run(args)).stdout.split(' ');
  return state === 'exited' ? Number(code) : null;
}

function recorded(root: string): Recorded {
  const { verdict, exitCode, signal } = JSON.parse(readFileSync(join(root, 'ctr/main/result.json'), 'utf8'));
  return { verdict, exitCode, signal };
}

/** The reporter's result: without a server, on its standard output. */
async function reported({ root }: RunningJob): Promise<Omit<Recorded, 'signal'>> {
  const { stdout } = await emissary(['wait'], { root });
  const { verdict, exitCode } = JSON.parse(stdout.toString());
  return { verdict, exitCode };
}
