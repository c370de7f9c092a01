import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pod, tool } from '../helpers/saved.ts';

test('outputs: a pattern of many stars does not hold the seal, whatever the names', async (t) => {
  const its = pod(t);
  const path = join(its.work, `${'*a'.repeat(30)}b`);
  its.template({ outputs: { artifacts: [{ name: 'a', path, optional: true }] } });
  assert.equal((await its.run(`touch ${'a'.repeat(250)}`)).status, 0);
  assert.equal(its.outputs().missing[0]?.reason, 'nothing fits the pattern');
});

test('outputs: two stars stand for any directories; at the end, for all that is in one', async (t) => {
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

test('multiflexi: an exponential pattern does not cost the others', async (t) => {
  const its = pod(t);
  its.template({ multiflexi: { artifactPatterns: ['^(a+)+$', '^n'], artifactDirectory: its.work } });
  assert.equal((await its.run(`touch ${'a'.repeat(40)}b n1`)).status, 0);
  const { artifacts, missing } = its.outputs();
  assert.deepEqual(
    [artifacts.map(({ name }) => name), missing.map(({ name }) => name)],
    [['n1'], ['^(a+)+$']],
  );
});

test('multiflexi: a result file that is a directory is missing; no tree is packed for it', async (t) => {
  for (const path of ['/', 'd/', 'r[1]']) {
    const its = pod(t);
    its.template({ multiflexi: { resultFile: path === '/' ? path : `${its.work}/${path}` } });
    assert.equal((await its.run('mkdir -p d/x; touch r1')).status, 0);
    const { artifacts, missing } = its.outputs();
    assert.deepEqual(artifacts, []);
    assert.equal(missing[0]?.reason, path === 'r[1]' ? 'not found' : 'it is a directory');
  }
});

test('multiflexi: a result file in a place where no directory can be made is said, and the job runs', async (t) => {
  const its = pod(t);
  its.template({ multiflexi: { resultFile: '/proc/x/y/result.json' } });
  const { status, stderr } = await its.run('true');
  assert.equal(status, 0);
  assert.match(stderr, /Cannot make the result file's directory \/proc\/x\/y: ENOENT/);
});

test('parameters: a slash at the end of a path is none', async (t) => {
  const its = pod(t);
  const valueFrom = { path: `${its.work}/p/`, default: 'other' };
  its.template({ outputs: { parameters: [{ name: 'p', valueFrom }] } });
  assert.equal((await its.run('printf own > p')).status, 0);
  assert.equal(tool('cat', [join(its.root, its.outputs().parameters[0]?.file ?? '')]), 'own');
});

test('outputs: a pattern to which links give no end is given up, and named', async (t) => {
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
  assert.equal(missing[0]?.reason, 'its pattern leads to more than 1000000 paths');
});

test('outputs: any number of stars for directories is as one', async (t) => {
  const its = pod(t);
  its.template({ outputs: { artifacts: [{ name: 'a', path: `${its.work}/${'**/'.repeat(1200)}x` }] } });
  const script =
    'for i in 1 2 3 4 5 6 7; do mkdir -p d$i; for j in 1 2 3 4 5 6 7; do mkdir -p d$i/$j/d; done; done; touch d7/7/d/x';
  assert.equal((await its.run(script)).status, 0);
  assert.equal(tool('tar', ['-tf', its.artifact()]), 'd7/7/d/x\n');
});
