import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pod, tool } from '../helpers/saved.ts';

test('run names an artifact whose packed size exceeds the limit, and saves the others', async (t) => {
  const its = pod(t);
  const at = (name: string) => join(its.work, name);
  const artifact = (name: string, archive: object) => ({ name, path: at(name), archive, optional: true });
  its.template({
    multiflexi: { limits: { artifactBytes: 1000 }, artifactPatterns: ['^found'], resultFile: at('report') },
    outputs: {
      artifacts: [
        artifact('over', { none: {} }),
        artifact('even', { none: {} }),
        artifact('packed', { tar: {} }),
        artifact('noise', { tar: {} }),
        artifact('noise.2', { zip: {} }),
        artifact('noise.3', { zstd: {} }),
      ],
    },
  });
  const script = `head -c 1001 /dev/zero > over; head -c 1000 /dev/zero > even; head -c 90000 /dev/zero > packed
    head -c 3000 /dev/urandom > noise; cp noise noise.2; cp noise noise.3; cp over found.1; cp even found.2; cp over report`;
  assert.equal((await its.run(script)).status, 0);
  const { artifacts, missing } = its.outputs();
  assert.deepEqual(
    artifacts.map(({ name }) => name),
    ['even', 'packed', 'found.2'],
  );
  assert.deepEqual(
    missing.map(({ name, reason }) => [name, reason]),
    ['over', 'noise', 'noise.2', 'noise.3', 'resultFile', 'found.1'].map((name) => [
      name,
      "larger than the template's limit of 1000 bytes",
    ]),
  );
  assert.deepEqual(readdirSync(join(its.root, 'outputs/artifacts', its.work)).sort(), [
    'even',
    'found.2',
    'packed.tgz',
  ]);
});

test('run names a parameter that exceeds the limit', async (t) => {
  const its = pod(t);
  const parameter = (name: string) => ({ name, valueFrom: { path: join(its.work, name) } });
  its.template({
    multiflexi: { limits: { parameterBytes: 5 } },
    outputs: { parameters: [parameter('five'), parameter('six')] },
  });
  const { status, stderr } = await its.run('printf 12345 > five; printf 123456 > six');
  assert.equal(status, 64);
  assert.match(stderr, /six .*6 bytes exceed the limit of 5 for a parameter: make it an artifact/);
  assert.deepEqual(
    its.outputs().parameters.map(({ name }) => name),
    ['five'],
  );
});

test('init exits 65 on an input that exceeds the limit, from any source', async (t) => {
  const its = pod(t);
  const file = join(its.work, 'file');
  const tree = join(its.work, 'tree');
  const archive = join(its.work, 'archive.tgz');
  mkdirSync(tree);
  for (const path of [file, join(tree, 'a')]) writeFileSync(path, 'x'.repeat(101));
  writeFileSync(join(tree, 'b'), '');
  tool('tar', ['-czf', archive, 'tree'], its.work);
  const stage = (source: object, inputBytes: number) => {
    const artifacts = [{ name: 'in', path: '/in', ...source }];
    return its.init({ multiflexi: { limits: { inputBytes } }, inputs: { artifacts } });
  };
  const text = 'x'.repeat(101);
  const base64 = Buffer.from(text).toString('base64');
  for (const source of [{ raw: { data: text } }, { rawBase64: base64 }, { file }, { file: tree }]) {
    const { status, stderr } = await stage(source, 100);
    assert.deepEqual(
      [status, stderr.includes('larger than the limit of 100 bytes for an input')],
      [65, true],
      stderr,
    );
    assert.equal((await stage(source, 101)).status, 0);
  }
  assert.match((await stage({ file: archive }, 50)).stderr, /larger than the limit of 50 bytes for an input/);
  assert.equal((await stage({ file: archive }, 1000)).status, 0);
});

test('init exits 65 on an archive that unpacks to more than the limit', async (t) => {
  const its = pod(t);
  tool('sh', ['-c', 'head -c 100000 /dev/zero > a; tar czf a.tgz a'], its.work);
  const artifacts = [{ name: 'in', path: '/in', file: join(its.work, 'a.tgz') }];
  const { status, stderr } = await its.init({
    multiflexi: { limits: { inputBytes: 5000 } },
    inputs: { artifacts },
  });
  assert.equal(status, 65);
  assert.match(stderr, /refused: unpacked, it is larger than the limit of 5000 bytes for an input/);
});
