import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { requireRoot } from '../helpers/require.ts';
import { pod, tool } from '../helpers/saved.ts';
import { withMount } from '../helpers/with-mount.ts';

const nobody = { uid: 65534, gid: 65534 };

test("run saves outputs whatever the job's exit code, and keeps the code", async (t) => {
  const its = pod(t);
  its.template({
    outputs: {
      parameters: [{ name: 'p', valueFrom: { path: join(its.work, 'p') } }],
      artifacts: [{ name: 'a', path: join(its.work, 'a') }],
    },
  });
  assert.equal((await its.run('printf v > p; echo > a; exit 7')).status, 7);
  const { parameters, artifacts } = its.outputs();
  assert.deepEqual([parameters.length, artifacts.length, its.result().origin], [1, 1, 'job']);
});

test("run reports the job's failure rather than a missing output", async (t) => {
  const its = pod(t);
  its.template({ outputs: { artifacts: [{ name: 'a', path: join(its.work, 'a') }] } });
  assert.equal((await its.run('exit 3')).status, 3);
  const { exitCode, origin, message, outputs } = its.result();
  assert.deepEqual([exitCode, origin, outputs.missing.length], [3, 'job', 1]);
  assert.match(message ?? '', /exited with code 3/);
});

test('run exits 64 and names a missing required output', async (t) => {
  const its = pod(t);
  its.template({ outputs: { artifacts: [{ name: 'report', path: join(its.work, 'r') }] } });
  const { status, stderr } = await its.run('true');
  assert.equal(status, 64);
  assert.match(stderr, /report.*not found/);
  const { origin, exitCode } = its.result();
  assert.deepEqual([origin, exitCode], ['emissary', 64]);
});

test('run records a missing optional output', async (t) => {
  const its = pod(t);
  const path = join(its.work, 'r');
  its.template({ outputs: { artifacts: [{ name: 'report', path, optional: true }] } });
  assert.equal((await its.run('true')).status, 0);
  assert.deepEqual(its.outputs().missing, [
    { kind: 'artifact', name: 'report', path, optional: true, reason: 'not found' },
  ]);
});

test('run saves outputs only in container main', async (t) => {
  const its = pod(t);
  its.template({ outputs: { artifacts: [{ name: 'a', path: join(its.work, 'a') }] } });
  assert.equal((await its.run('true', { env: { EMISSARY_CONTAINER_NAME: 'other' } })).status, 0);
  assert.deepEqual(readdirSync(its.root).sort(), ['ctr', 'template']);
});

test('run skips FIFOs, sockets and devices with a reason, without blocking', async (t) => {
  const its = pod(t);
  its.template({
    outputs: {
      parameters: [{ name: 'p', valueFrom: { path: join(its.work, 'dir/fifo') } }],
      artifacts: [
        { name: 'dir', path: join(its.work, 'dir') },
        { name: 'fifo', path: join(its.work, 'dir/fifo'), optional: true },
        { name: 'null', path: '/dev/null', optional: true },
        { name: 'socket', path: join(its.work, 'dir/socket'), optional: true },
      ],
    },
  });
  mkdirSync(join(its.work, 'dir'));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(its.work, 'dir/socket'), resolve));
  const { status } = await its.run('mkfifo dir/fifo; echo > dir/a; exit 5');
  server.close();
  assert.equal(status, 5);
  const { artifacts, missing, skipped } = its.outputs();
  assert.deepEqual(
    artifacts.map(({ name }) => name),
    ['dir'],
  );
  assert.deepEqual(
    missing.map(({ name, reason }) => `${name}: ${reason}`),
    ['p: it is a FIFO', 'fifo: it is a FIFO', 'null: it is a device', 'socket: it is a socket'],
  );
  assert.deepEqual(skipped, [
    { path: join(its.work, 'dir/fifo'), reason: 'it is a FIFO' },
    { path: join(its.work, 'dir/socket'), reason: 'it is a socket' },
  ]);
});

test('run records an unreadable member and saves the others', async (t) => {
  if (!requireRoot(t)) return;
  const its = pod(t);
  its.template({
    outputs: {
      artifacts: [
        { name: 'dir', path: join(its.work, 'dir') },
        { name: 'secret', path: join(its.work, 'dir/secret'), optional: true },
      ],
    },
  });
  const script = 'mkdir -p dir/closed; echo > dir/a; echo > dir/secret; chmod 0 dir/secret dir/closed';
  const { status } = await its.run(script, nobody);
  assert.equal(status, 0);
  const { skipped, missing, artifacts } = its.outputs();
  const listed = tool('tar', ['-tzf', join(its.root, artifacts[0]?.file ?? '')]);
  assert.deepEqual(listed.split('\n'), ['dir/', 'dir/a', 'dir/closed/', '']);
  const reason = 'this user may not read it';
  assert.deepEqual(skipped, [
    { path: join(its.work, 'dir/closed'), reason },
    { path: join(its.work, 'dir/secret'), reason },
  ]);
  assert.deepEqual(
    missing.map(({ name, reason }) => `${name}: ${reason}`),
    [`secret: ${reason}`],
  );
});

test('run records unreadable directories of a pattern and saves the other matches', async (t) => {
  if (!requireRoot(t)) return;
  const its = pod(t);
  its.template({
    outputs: {
      artifacts: [
        { name: 'deep', path: join(its.work, '*/x') },
        { name: 'any', path: join(its.work, 'b/**/x') },
        { name: 'none', path: join(its.work, 'a/*'), optional: true },
      ],
    },
  });
  const script = 'mkdir -p a b/c; for d in a b b/c; do echo >$d/x; done; echo >file; chmod 0 a b/c';
  const { status } = await its.run(script, nobody);
  assert.equal(status, 0);
  const { skipped, missing, artifacts } = its.outputs();
  const listed = artifacts.map(({ file }) => tool('tar', ['-tzf', join(its.root, file)]));
  assert.deepEqual(listed, ['b/x\n', 'x\n']);
  const reason = 'this user may not read it';
  const closed = ['a/x', 'b/c', 'b/c/x'].map((path) => ({ path: join(its.work, path), reason }));
  const byPath = (a: { path: string }, b: { path: string }) => a.path.localeCompare(b.path);
  assert.deepEqual([...skipped].sort(byPath), closed.sort(byPath));
  assert.deepEqual(
    missing.map(({ name, reason }) => `${name}: ${reason}`),
    [`none: ${reason}`],
  );
});

test('run never saves the volume itself', async (t) => {
  const its = pod(t);
  its.template({ outputs: { artifacts: [{ name: 'all', path: its.root.replace(/\/root$/, '') }] } });
  assert.equal((await its.run('echo > a')).status, 0);
  assert.deepEqual(its.outputs().skipped, [
    { path: its.root, reason: 'it is the volume that the outputs are saved to' },
  ]);
});

for (const archive of [{ none: {} }, { tar: {} }, { zip: {} }, { zstd: {} }]) {
  const [kind = ''] = Object.keys(archive);
  test(`run leaves out the artifact that does not fit on a full volume, without a partial file: ${kind}`, async (t) => {
    const its = pod(t);
    const artifact = (name: string) => ({ name, path: join(its.work, name), archive });
    const parameters = [{ name: 'p', valueFrom: { path: join(its.work, 'small') } }];
    await withMount(t, { root: its.root, options: 'size=2m' }, async () => {
      its.template({ outputs: { parameters, artifacts: [artifact('large'), artifact('small')] } });
      const script = 'head -c 5000000 /dev/urandom > large; echo > small';
      const { status, stderr } = await its.run(script);
      assert.deepEqual([status, /large .*the volume is full/.test(stderr)], [64, true], stderr);
      const { artifacts, parameters: values } = its.outputs();
      assert.deepEqual([artifacts.map(({ name }) => name), values.length], [['small'], 1]);
      const kept = readdirSync(join(its.root, 'outputs/artifacts', its.work));
      assert.deepEqual(kept, [basename(artifacts[0]?.file ?? '')]);
      assert.deepEqual(readdirSync(join(its.root, 'outputs')).sort(), ['artifacts', 'parameters']);
      assert.equal((await its.run(`${script}; exit 3`)).status, 3);
      assert.equal(its.result().origin, 'job');
    });
  });
}

test('run saves a tree deeper than the longest path as far as possible, and records the rest', async (t) => {
  const its = pod(t);
  its.template({ outputs: { artifacts: [{ name: 'deep', path: join(its.work, 'deep') }] } });
  const ten = 'd/d/d/d/d/d/d/d/d/d';
  const script = `mkdir deep; cd deep; i=0; while [ $i -lt 250 ]; do mkdir -p ${ten}; cd -P ${ten}; i=$((i+1)); done`;
  assert.equal((await its.run(script)).status, 0);
  const { skipped } = its.outputs();
  assert.deepEqual(
    skipped.map(({ reason }) => reason),
    ['its path is too long'],
  );
  const levels = tool('sh', ['-c', 'tar -tzf "$0" | wc -l', its.artifact()]);
  assert.ok(Number(levels) > 1900, levels);
});

test('run saves parameters byte for byte, or their default, and explains the size limit', async (t) => {
  const its = pod(t);
  const at = (name: string) => join(its.work, name);
  its.template({
    outputs: {
      parameters: [
        { name: 'exact', valueFrom: { path: at('exact') } },
        { name: 'empty', valueFrom: { path: at('empty'), default: 'not this' } },
        { name: 'default', valueFrom: { path: at('none'), default: ' d\n' } },
        { name: 'missing', valueFrom: { path: at('none2') } },
        { name: 'large', valueFrom: { path: at('large') } },
        { name: 'directory', valueFrom: { path: at('dir'), default: 'x' } },
      ],
    },
  });
  const script = "printf ' \\0\\377v \\n\\n' > exact; : > empty; head -c 300000 /dev/zero > large; mkdir dir";
  const { status, stderr } = await its.run(script);
  assert.equal(status, 64);
  assert.match(stderr, /large .*300000 bytes exceed the limit of 262144 for a parameter/);
  const value = (name: string) => readFileSync(join(its.root, 'outputs/parameters', at(name)), 'latin1');
  assert.deepEqual([value('exact'), value('empty'), value('none')], [' \0\xffv \n\n', '', ' d\n']);
  assert.deepEqual(
    its.outputs().missing.map(({ name }) => name),
    ['missing', 'large', 'directory'],
  );
});

test("run saves only files that this job wrote by MultiFlexi's patterns", async (t) => {
  const its = pod(t);
  mkdirSync(join(its.work, 'shared'));
  tool('sh', ['-c', 'echo > shared/old.pdf; echo > shared/touched.pdf'], its.work);
  its.template({
    multiflexi: {
      artifactDirectory: join(its.work, 'shared'),
      artifactPatterns: ['\\.pdf$', '^log', 'never'],
      resultFile: join(its.work, 'not/there/result.json'),
    },
  });
  const script = `cd shared; echo > new.pdf; echo more >> touched.pdf; echo > log1; echo > other; mkdir d.pdf
    mv old.pdf kept; cp -p kept old.pdf; echo '{}' > ../not/there/result.json`;
  assert.equal((await its.run(script)).status, 0);
  const { artifacts, missing, skipped } = its.outputs();
  assert.deepEqual(
    artifacts.map(({ name, archive }) => `${name} ${archive}`),
    ['resultFile none', 'log1 none', 'new.pdf none', 'old.pdf none', 'touched.pdf none'],
  );
  assert.deepEqual(
    missing.map(({ name, optional }) => [name, optional]),
    [['never', true]],
  );
  assert.match(skipped[0]?.reason ?? '', /not a file/);
});

test("run ignores another job's file in the same directory", async (t) => {
  const its = pod(t);
  tool('sh', ['-c', 'echo > theirs.pdf'], its.work);
  its.template({ multiflexi: { artifactPatterns: ['\\.pdf$'] } });
  assert.equal((await its.run('true')).status, 0);
  assert.deepEqual(its.outputs().artifacts, []);
  assert.match(its.outputs().skipped[0]?.reason ?? '', /this job did not write it/);
});

test('run seals in time despite an exponential pattern', async (t) => {
  const its = pod(t);
  its.template({ multiflexi: { artifactPatterns: ['^(a+)+$'] } });
  assert.equal((await its.run(`touch ${'a'.repeat(60)}b`)).status, 0);
  assert.match(its.outputs().missing[0]?.reason ?? '', /longer than/);
});

test('run never saves two artifacts to the same file', async (t) => {
  const its = pod(t);
  const artifacts = [
    { name: 'packed', path: join(its.work, 'a') },
    { name: 'bare', path: join(its.work, 'a.tgz'), archive: { none: {} }, optional: true },
  ];
  its.template({ outputs: { artifacts } });
  assert.equal((await its.run('echo 1 > a; echo 2 > a.tgz')).status, 0);
  assert.match(its.outputs().missing[0]?.reason ?? '', /another artifact is already saved to the same file/);
  assert.deepEqual(tool('tar', ['-tzf', its.artifact()]).split('\n'), ['a', '']);
});

test('run saves a file with a non-UTF-8 name by a pattern, but not by a regular expression, which is recorded', async (t) => {
  const its = pod(t);
  its.template({
    outputs: { artifacts: [{ name: 'all', path: join(its.work, '*.c'), archive: { tar: {} } }] },
    multiflexi: { artifactPatterns: ['^bad'], artifactDirectory: its.work },
  });
  assert.equal((await its.run(`: > good.c; : > "$(printf 'bad\\377.c')"`)).status, 0);
  assert.deepEqual(tool('tar', ['-tzf', its.artifact()]).split('\n'), ['bad\\377.c', 'good.c', '']);
  assert.match(its.outputs().skipped[0]?.reason ?? '', /not UTF-8/);
});

test('run saves a directory once if a pattern matches it and its contents', async (t) => {
  const its = pod(t);
  its.template({ outputs: { artifacts: [{ name: 'all', path: join(its.work, 'o/**') }] } });
  assert.equal((await its.run('mkdir -p o/d/e; : > o/d/e/f; : > o/d-g')).status, 0);
  const names = tool('tar', ['-tzf', its.artifact()]).trim().split('\n');
  assert.equal(new Set(names).size, names.length, names.join(' '));
});
