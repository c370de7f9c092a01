import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { startEmissary } from '../helpers/emissary.ts';
import { type Pod, pod } from '../helpers/saved.ts';
import { until } from '../helpers/until.ts';

const archives = [{ tar: {} }, { zip: {} }, { zstd: {} }, { none: {} }];
const stops = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const;

interface Stopped {
  readonly archive?: object;
  readonly stop: (its: Pod, run: ReturnType<typeof startEmissary>) => void;
  /** Creates the outputs, in the directory `tree`. */
  readonly script?: string;
  readonly code?: number;
  readonly options?: readonly string[];
}

const randomTree = 'head -c 60000000 /dev/urandom > tree/a; for i in b c d; do cp tree/a tree/$i; done';

/** A run that is stopped during saving: the small artifact is already saved, the tree is being packed. */
async function stopSaving(
  t: TestContext,
  { archive = { tar: {} }, stop, script, code = 0, options }: Stopped,
) {
  const its = pod(t);
  its.template({
    outputs: {
      parameters: [{ name: 'number', valueFrom: { path: join(its.work, 'number') } }],
      artifacts: [
        { name: 'small', path: join(its.work, 'small') },
        { name: 'tree', path: join(its.work, 'tree'), archive },
        { name: 'last', path: join(its.work, 'small'), archive: { none: {} } },
      ],
    },
  });
  const job = `echo 1 > number; echo small > small; mkdir tree; ${script ?? randomTree}; exit ${code}`;
  const args = ['run', ...(options ?? []), '--', 'sh', '-c', job];
  const run = startEmissary(t, args, { root: its.root, cwd: its.work });
  const saving = join(its.root, 'outputs/.saving');
  const isPacking = () =>
    existsSync(join(its.root, 'outputs/artifacts', its.work, 'small.tgz')) && existsSync(saving);
  while (!isPacking()) {
    assert.equal(existsSync(join(its.root, 'ctr/main/exitcode')), false, 'the packing was missed');
    await setImmediate();
  }
  stop(its, run);
  const { status, signal } = await run.finished;
  return { its, status, signal };
}

function assertStopped(its: Pod, code: number, message: RegExp): void {
  const { verdict, exitCode, origin, message: said, outputs } = its.result();
  const wanted = code === 0 ? 'succeeded' : 'failed';
  assert.deepEqual([verdict, exitCode, origin], [wanted, code, 'job'], JSON.stringify(outputs));
  assert.equal(readFileSync(join(its.root, 'ctr/main/exitcode'), 'utf8'), String(code));
  assert.match(said ?? '', message);
  assert.deepEqual(
    [outputs.parameters.map(({ name }) => name), outputs.artifacts.map(({ name }) => name)],
    [['number'], ['small']],
  );
  assert.deepEqual(
    outputs.missing.map(({ name }) => name),
    ['tree', 'last'],
  );
  for (const { reason } of outputs.missing) assert.match(reason, /saving was stopped/);
  assert.equal(existsSync(join(its.root, 'outputs/.saving')), false);
  assert.equal(existsSync(join(its.root, 'ctr/main/saving')), false);
}

for (const archive of archives) {
  const [name] = Object.keys(archive);
  test(`run stops saving on TERM and keeps the job's exit code: ${name}`, async (t) => {
    const { its, status } = await stopSaving(t, { archive, stop: (_, run) => run.kill('SIGTERM') });
    assert.equal(status, 0);
    assertStopped(its, 0, /succeeded.*SIGTERM.*not saved.*tree.*last/);
  });

  test(`run stops saving one sparse file of a terabyte: ${name}`, async (t) => {
    const { its, status } = await stopSaving(t, {
      archive,
      script: 'truncate -s 1T tree/a',
      stop: (_, run) => run.kill('SIGTERM'),
    });
    assert.equal(status, 0);
    assertStopped(its, 0, /SIGTERM/);
  });
}

for (const signal of stops) {
  test(`run stops saving on ${signal} and keeps the job's failure`, async (t) => {
    const { its, status } = await stopSaving(t, { code: 7, stop: (_, run) => run.kill(signal) });
    assert.equal(status, 7);
    assertStopped(its, 7, new RegExp(`exited with code 7.*${signal}.*not saved`));
  });
}

for (const request of ['TERM', 'KILL', '2']) {
  test(`run stops saving on a request: ${request}`, async (t) => {
    const { its, status } = await stopSaving(t, {
      stop: ({ root }) => writeFileSync(join(root, 'ctr/main/signal'), request),
    });
    assert.equal(status, 0);
    assertStopped(its, 0, /requested|SIG/);
  });
}

for (const signal of ['SIGUSR1', 'SIGWINCH', 'SIGCONT'] as const) {
  test(`run continues saving on ${signal}`, async (t) => {
    const { its, status } = await stopSaving(t, { stop: (_, run) => run.kill(signal) });
    assert.equal(status, 0);
    assert.deepEqual([its.outputs().missing, its.result().message], [[], null]);
  });
}

test('run ends saving before the grace is over if TERM has stopped the job', async (t) => {
  const its = pod(t);
  its.template({ outputs: { artifacts: [{ name: 'file', path: join(its.work, 'file') }] } });
  const script = 'truncate -s 4T file; trap "exit 3" TERM; echo ready; while :; do sleep 0.05; done';
  const args = ['run', '--grace', '4', '--', 'sh', '-c', script];
  const run = startEmissary(t, args, { root: its.root, cwd: its.work });
  await until('it is ready', () => run.stdout().includes('ready'));
  run.kill('SIGTERM');
  assert.equal((await run.finished).status, 3);
  const { verdict, exitCode, outputs, message } = its.result();
  assert.deepEqual([verdict, exitCode, outputs.missing.length], ['terminated', 3, 1]);
  assert.match(message ?? '', /not saved: artifact file/);
});

test("run saves small outputs after a TERM between the job's end and saving", async (t) => {
  const its = pod(t);
  its.template({
    outputs: {
      artifacts: [
        { name: 'small', path: join(its.work, 'small') },
        { name: 'large', path: join(its.work, 'large') },
      ],
    },
  });
  const run = startEmissary(t, ['run', '--', 'sh', '-c', 'echo 1 > small; truncate -s 4T large'], {
    root: its.root,
    cwd: its.work,
    env: { EMISSARY_DEBUG_PAUSE_AFTER: 'true' },
  });
  await until('it is held', () => run.stderr().includes('paused'));
  run.kill('SIGTERM');
  assert.equal((await run.finished).status, 0);
  const { verdict, outputs } = its.result();
  assert.deepEqual(
    [verdict, outputs.artifacts.map(({ name }) => name), outputs.missing.map(({ name }) => name)],
    ['succeeded', ['small'], ['large']],
  );
});

test('run reports the progress of saving until the seal', async (t) => {
  const told: { bytes: number; files: number; current: string; at: string }[] = [];
  const { its, status } = await stopSaving(t, {
    script: 'truncate -s 1T tree/a',
    stop: ({ root }, run) =>
      void until('it tells twice', () => {
        const found = JSON.parse(readFileSync(join(root, 'ctr/main/saving'), 'utf8'));
        if (found.at !== told.at(-1)?.at) told.push(found);
        return told.length > 1;
      }).finally(() => run.kill('SIGTERM')),
  });
  assert.equal(status, 0);
  const [first, second] = told;
  assert.ok(first !== undefined && second !== undefined);
  assert.deepEqual([first.current, first.files, second.current], ['tree', 2, 'tree']);
  assert.ok(second.bytes > first.bytes && first.bytes > 0);
  assert.ok(Date.parse(second.at) - Date.parse(first.at) >= 900);
  assert.equal(statSync(join(its.root, 'ctr/main/saving'), { throwIfNoEntry: false }), undefined);
});
