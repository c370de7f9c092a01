import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pod, tool } from '../helpers/saved.ts';

test('run seals in time with a pattern of many stars, whatever the names', async (t) => {
  const its = pod(t);
  const path = join(its.work, `${'*a'.repeat(30)}b`);
  its.template({ outputs: { artifacts: [{ name: 'a', path, optional: true }] } });
  assert.equal((await its.run(`touch ${'a'.repeat(250)}`)).status, 0);
  assert.equal(its.outputs().missing[0]?.reason, 'nothing matches the pattern');
});

test("run expands ** to any directories, and a trailing ** to all of a directory's contents", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ['d/**', '.dot\na/\na/b/\na/b/f\na/b/up\na/x.f\n\\377\n'],
    ['d/**/*f', 'a/b/f\na/x.f\n'],
    ['d/*', 'a/\na/b/\na/b/f\na/b/up\na/x.f\n\\377\n'],
    ['d/.*', '.dot\n'],
    ['d/?/[!y].f', 'a/x.f\n'],
    ['d/**/\\x.[[:lower:]]', 'a/x.f\n'],
    ['d/*/b/up/x*', 'a/b/up/x.f\n'],
  ];
  for (const [pattern, names] of cases) {
    const its = pod(t);
    its.template({
      outputs: { artifacts: [{ name: 'a', path: join(its.work, pattern), archive: { none: {} } }] },
    });
    const script = 'mkdir -p d/a/b; touch d/.dot d/a/b/f d/a/x.f "d/$(printf \'\\377\')"; ln -s .. d/a/b/up';
    assert.equal((await its.run(script)).status, 0, pattern);
    assert.equal(tool('tar', ['-tf', its.artifact()]), names, pattern);
    assert.deepEqual(its.outputs().skipped, []);
  }
});

test('run matches the other patterns despite an exponential one', async (t) => {
  const its = pod(t);
  its.template({ multiflexi: { artifactPatterns: ['^(a+)+$', '^n'], artifactDirectory: its.work } });
  assert.equal((await its.run(`touch ${'a'.repeat(40)}b n1`)).status, 0);
  const { artifacts, missing } = its.outputs();
  assert.deepEqual(
    [artifacts.map(({ name }) => name), missing.map(({ name }) => name)],
    [['n1'], ['^(a+)+$']],
  );
});

test('run records a result file that is a directory as missing, without packing it', async (t) => {
  for (const path of ['/', 'd/', 'r[1]']) {
    const its = pod(t);
    its.template({ multiflexi: { resultFile: path === '/' ? path : `${its.work}/${path}` } });
    assert.equal((await its.run('mkdir -p d/x; touch r1')).status, 0);
    const { artifacts, missing } = its.outputs();
    assert.deepEqual(artifacts, []);
    assert.equal(missing[0]?.reason, path === 'r[1]' ? 'not found' : 'it is a directory');
  }
});

test("run warns if the result file's directory cannot be created, and starts the job", async (t) => {
  const its = pod(t);
  its.template({ multiflexi: { resultFile: '/proc/x/y/result.json' } });
  const { status, stderr } = await its.run('true');
  assert.equal(status, 0);
  assert.match(stderr, /Cannot create the result file's directory \/proc\/x\/y: ENOENT/);
});

test("run ignores a trailing slash of a parameter's path", async (t) => {
  const its = pod(t);
  const valueFrom = { path: `${its.work}/p/`, default: 'other' };
  its.template({ outputs: { parameters: [{ name: 'p', valueFrom }] } });
  assert.equal((await its.run('printf own > p')).status, 0);
  assert.equal(tool('cat', [join(its.root, its.outputs().parameters[0]?.file ?? '')]), 'own');
});

test('run gives up a pattern that follows links endlessly, and records it', async (t) => {
  const its = pod(t);
  const artifact = (name: string, pattern: string) => ({
    name,
    path: join(its.work, pattern),
    optional: true,
  });
  its.template({ outputs: { artifacts: [artifact('no end', 'd/*/*/*/*/x'), artifact('end', 'e/*')] } });
  const script = 'mkdir d e; touch e/x; i=0; while [ $i -lt 40 ]; do ln -s . d/$i; i=$((i+1)); done';
  assert.equal((await its.run(script)).status, 0);
  const { artifacts, missing } = its.outputs();
  assert.deepEqual(
    artifacts.map(({ name }) => name),
    ['end'],
  );
  assert.equal(missing[0]?.reason, 'its pattern visits more than 1000000 paths');
});

test('run treats repeated ** as one', async (t) => {
  const its = pod(t);
  its.template({ outputs: { artifacts: [{ name: 'a', path: `${its.work}/${'**/'.repeat(1200)}x` }] } });
  const script =
    'for i in 1 2 3 4 5 6 7; do mkdir -p d$i; for j in 1 2 3 4 5 6 7; do mkdir -p d$i/$j/d; done; done; touch d7/7/d/x';
  assert.equal((await its.run(script)).status, 0);
  assert.equal(tool('tar', ['-tf', its.artifact()]), 'd7/7/d/x\n');
});
