import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { startEmissary } from '../helpers/emissary.ts';
import { requireProgram } from '../helpers/require.ts';
import { type Pod, pod, tool } from '../helpers/saved.ts';
import { until } from '../helpers/until.ts';

const MB = 1e6;
const archives = [{ tar: {} }, { zip: {} }, { zstd: {} }, { none: {} }];

/** A run whose job leaves a tree that takes long to pack. It is frozen, to be continued. */
async function packing(t: TestContext, its: Pod, archive: object, options: readonly string[] = []) {
  its.template({ outputs: { artifacts: [{ name: 'tree', path: join(its.work, 'tree'), archive }] } });
  const script =
    'mkdir -p tree/d; head -c 60000000 /dev/urandom > tree/a; for i in b c d/e; do cp tree/a tree/$i; done';
  const args = ['run', ...options, '--', 'sh', '-c', script];
  const run = startEmissary(t, args, { root: its.root, cwd: its.work });
  const saving = join(its.root, 'outputs/.saving');
  // No pause between two checks, or packing may be over.
  while ((statSync(saving, { throwIfNoEntry: false })?.size ?? 0) < MB) {
    assert.equal(existsSync(join(its.root, 'ctr/main/exitcode')), false, 'the packing was missed');
    await setImmediate();
  }
  run.kill('SIGSTOP');
  return run;
}

function saved(its: Pod): string[] {
  return tool('find', ['outputs', '-type', 'f'], its.root).trim().split('\n').sort();
}

for (const archive of archives) {
  const [name] = Object.keys(archive);
  test(`run killed while packing leaves no final file, and the next run removes the remnants: ${name}`, async (t) => {
    const its = pod(t);
    const run = await packing(t, its, archive);
    run.kill('SIGKILL');
    await run.finished;
    assert.deepEqual(saved(its), ['outputs/.saving']);
    assert.equal(existsSync(join(its.root, 'ctr/main/exitcode')), false);
    assert.equal((await its.run('true')).status, 0);
    assert.deepEqual(
      saved(its),
      its.outputs().artifacts.map(({ file }) => file),
    );
  });
}

test("run ends packing on TERM and keeps the job's verdict", async (t) => {
  const its = pod(t);
  const run = await packing(t, its, { tar: {} });
  run.kill('SIGTERM');
  run.kill('SIGCONT');
  assert.equal((await run.finished).status, 0);
  const { verdict, outputs } = its.result();
  assert.deepEqual([verdict, outputs.missing.map(({ name }) => name)], ['succeeded', ['tree']]);
  assert.equal(existsSync(join(its.root, 'outputs/.saving')), false);
});

test('run ignores a time limit that elapses while packing', async (t) => {
  const its = pod(t);
  const limitSeconds = 20;
  const run = await packing(t, its, { tar: {} }, ['--timeout', String(limitSeconds)]);
  const { startedAt } = JSON.parse(readFileSync(join(its.root, 'ctr/main/started'), 'utf8'));
  const upAt = Date.parse(startedAt) + 1000 * limitSeconds;
  await until('the time limit has passed', () => Date.now() > upAt + 100);
  run.kill('SIGCONT');
  assert.equal((await run.finished).status, 0);
  assert.deepEqual([its.result().verdict, its.outputs().artifacts.length], ['succeeded', 1]);
  tool('tar', ['-dzf', its.artifact()], its.work);
});

for (const archive of archives) {
  const [name] = Object.keys(archive);
  test(`run packs a tree that changes meanwhile and records what was missed: ${name}`, async (t) => {
    const its = pod(t);
    const run = await packing(t, its, archive);
    const at = (path: string) => join(its.work, 'tree', path);
    renameSync(at('d'), at('gone'));
    appendFileSync(at('c'), 'more');
    for (const path of ['a', 'b']) truncateSync(at(path), 1000);
    run.kill('SIGCONT');
    assert.equal((await run.finished).status, 0);
    const { skipped } = its.outputs();
    assert.ok(skipped.some(({ reason }) => reason.startsWith('it shrank while it was read')));
    if (name !== 'zip') tool('tar', ['-tf', its.artifact()]);
    else if (requireProgram(t, 'unzip')) tool('unzip', ['-tqq', its.artifact()]);
  });
}

test('init killed while staging leaves no final file, and the next init removes the remnants', async (t) => {
  const its = pod(t);
  const server = createServer((_, response) => void response.writeHead(200).write('some'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const inputs = { artifacts: [{ name: 'h', path: '/h', http: { url } }] };
  const init = startEmissary(t, ['init', '--template', '-'], {
    root: its.root,
    stdin: JSON.stringify({ inputs }),
  });
  await until('it is fetched', () => statSync(join(its.root, '.inputs.tmp/.work/input')).size > 0);
  init.kill('SIGKILL');
  await init.finished;
  server.closeAllConnections();
  assert.equal(existsSync(join(its.root, 'inputs')), false);
  assert.equal((await its.init({ script: { source: 'true' } })).status, 0);
  assert.deepEqual(
    readdirSync(its.root).filter((name) => name.includes('inputs')),
    ['inputs'],
  );
});

test('init without inputs removes the remnants of a killed init', async (t) => {
  const its = pod(t);
  for (const rest of ['.inputs.tmp', '.inputs.tmp.old', 'inputs']) {
    mkdirSync(join(its.root, rest, 'artifacts'), { recursive: true });
    assert.equal((await its.init({})).status, 0);
    assert.deepEqual(
      readdirSync(its.root).filter((name) => name.includes('inputs')),
      [],
    );
  }
});
