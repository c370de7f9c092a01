import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { requireProgram } from '../helpers/require.ts';
import { type Pod, pod, tool } from '../helpers/saved.ts';

const secret = 'S3cret-Value-42';
const MiB = 1024 * 1024;
const env = { MY_TOKEN: secret, EMISSARY_MASK_ARTIFACTS: 'true' };

/** A text of three steps of a copy; secrets and characters of several bytes lie across the ends of the steps. */
const long = [
  'ř'.repeat(MiB / 2 - 4),
  secret,
  '😀'.repeat(MiB / 4),
  '.',
  '😀'.repeat(MiB / 4),
  `${secret}${secret}end`,
].join('');

/** Name → content, and whether it is masked. */
const files: Readonly<Record<string, readonly [content: Buffer, isMasked: boolean]>> = {
  'plain.txt': [Buffer.from(`token=${secret}\nřádek\n`), true],
  'long.txt': [Buffer.from(long), true],
  'only.txt': [Buffer.from(secret), true],
  'encoded.json': [
    Buffer.from(JSON.stringify({ basic: Buffer.from(`user:${secret}`).toString('base64') })),
    true,
  ],
  'other.txt': [Buffer.from('nothing to see\n'), false],
  empty: [Buffer.alloc(0), false],
  'nul.bin': [Buffer.from(`${secret}\0`), false],
  'late-nul.bin': [Buffer.from(`${'x'.repeat(2 * MiB)}${secret}\0`), false],
  latin1: [Buffer.from(`${secret} \xe9t\xe9`, 'latin1'), false],
  'cut.txt': [Buffer.concat([Buffer.from(secret), Buffer.from([0xf0, 0x9f])]), false],
  utf16: [Buffer.from(secret, 'utf16le'), false],
};

function expected(name: string): Buffer {
  const [content, isMasked] = files[name] ?? [Buffer.alloc(0), false];
  if (!isMasked) return content;
  if (name === 'encoded.json') return content;
  return Buffer.from(content.toString().replaceAll(secret, '***'));
}

function makeFiles({ work }: Pod): void {
  mkdirSync(join(work, 'dir'));
  for (const [name, [content]] of Object.entries(files)) writeFileSync(join(work, 'dir', name), content);
  linkSync(join(work, 'dir/plain.txt'), join(work, 'dir/same.txt'));
}

for (const archive of [{ tar: {} }, { zip: {} }, { zstd: {} }, { none: {} }]) {
  const [kind = ''] = Object.keys(archive);
  test(`run masks secrets in the text files of an artifact, and changes no other: ${kind}`, async (t) => {
    if (kind === 'zip' && !requireProgram(t, 'unzip')) return;
    const its = pod(t);
    makeFiles(its);
    its.template({ outputs: { artifacts: [{ name: 'tree', path: join(its.work, 'dir'), archive }] } });
    assert.equal((await its.run('true', { env })).status, 0);
    const [artifact] = its.outputs().artifacts;
    const bytes = readFileSync(its.artifact());
    assert.deepEqual(
      [artifact?.masked, artifact?.bytes, artifact?.sha256, its.outputs().skipped],
      [true, bytes.length, createHash('sha256').update(bytes).digest('hex'), []],
    );
    const out = join(its.work, 'out');
    mkdirSync(out);
    if (kind === 'zip') tool('unzip', ['-qq', its.artifact(), '-d', out]);
    else tool('tar', [...(kind === 'zstd' ? ['--zstd'] : []), '-xf', its.artifact(), '-C', out]);
    assert.deepEqual(readdirSync(join(out, 'dir')).sort(), [...Object.keys(files), 'same.txt'].sort());
    for (const name of Object.keys(files)) {
      const saved = readFileSync(join(out, 'dir', name));
      if (name === 'encoded.json') assert.match(saved.toString(), /^\{"basic":"[^"]*\*\*\*[^"]*"\}$/);
      else assert.ok(saved.equals(expected(name)), name);
    }
    assert.ok(readFileSync(join(out, 'dir/same.txt')).equals(expected('plain.txt')));
    // The job's own files stay as they are.
    assert.ok(readFileSync(join(its.work, 'dir/plain.txt')).includes(secret));
  });
}

test('run masks bare files, the result file and the files of patterns', async (t) => {
  const its = pod(t);
  makeFiles(its);
  const names = Object.keys(files).filter((name) => name !== 'encoded.json');
  its.template({
    outputs: {
      artifacts: names.map((name) => ({ name, path: join(its.work, 'dir', name), archive: { none: {} } })),
    },
    multiflexi: { resultFile: join(its.work, 'report.json'), artifactPatterns: ['\\.log$'] },
  });
  const script = 'echo "$MY_TOKEN" > report.json; echo "$MY_TOKEN" > a.log; echo b > b.log';
  assert.equal((await its.run(script, { env })).status, 0);
  for (const { name, file, masked, bytes } of its.outputs().artifacts) {
    const saved = readFileSync(join(its.root, file));
    const isFromScript = !Object.hasOwn(files, name);
    const content = isFromScript ? Buffer.from(name === 'b.log' ? 'b\n' : '***\n') : expected(name);
    assert.ok(saved.equals(content), name);
    assert.equal(bytes, saved.length);
    assert.equal(
      masked,
      isFromScript ? (name === 'b.log' ? undefined : true) : files[name]?.[1] || undefined,
      name,
    );
  }
  assert.equal(its.outputs().artifacts.length, names.length + 3);
});

test('run does not mask artifacts unless it is told, and an artifact may say otherwise', async (t) => {
  const its = pod(t);
  const artifact = (name: string, more: object) => ({
    name,
    path: join(its.work, name),
    archive: { none: {} },
    ...more,
  });
  its.template({
    outputs: {
      artifacts: [artifact('a', {}), artifact('b', { mask: true }), artifact('c', { mask: false })],
    },
  });
  const script = 'for each in a b c; do echo "$MY_TOKEN" > $each; done';
  const saved = () =>
    its.outputs().artifacts.map(({ file }) => readFileSync(join(its.root, file), 'utf8').trim());
  await its.run(script, { env: { MY_TOKEN: secret } });
  assert.deepEqual(saved(), [secret, '***', secret]);
  await its.run(script, { env });
  assert.deepEqual(saved(), ['***', '***', secret]);
  await its.run(script, { env: { ...env, EMISSARY_MASK_ENV: 'OTHER' } });
  assert.deepEqual(saved(), [secret, secret, secret]);
});

test('run masks a text that is larger than a step of its reading', async (t) => {
  const its = pod(t);
  const path = join(its.work, 'large');
  its.template({ outputs: { artifacts: [{ name: 'large', path, archive: { none: {} } }] } });
  const script = `awk -v s="$MY_TOKEN" 'BEGIN { for (i = 0; i < 4000000; i++) print "line", i, s, "end" }' > large`;
  assert.equal((await its.run(script, { env })).status, 0);
  const sum = tool('sh', ['-c', `sed 's/${secret}/***/' large | sha256sum | cut -d' ' -f1`], its.work);
  assert.equal(its.outputs().artifacts[0]?.sha256, sum.toString().trim());
});
