import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { makeZip } from '../helpers/archives.ts';
import { inputs, refused } from '../helpers/inputs.ts';
import { requireProgram } from '../helpers/require.ts';
import { type Pod, pod, tool } from '../helpers/saved.ts';

const emptyTar = Buffer.alloc(10_240);
const shortTar = Buffer.alloc(1024);
const emptyZip = Buffer.from('504b0506000000000000000000000000000000000000', 'hex');

type How = 'tar' | 'zip' | null;

/** A template with one input of these bytes. */
function input(its: Pod, bytes: Buffer, how: How) {
  const file = join(its.work, 'archive');
  writeFileSync(file, bytes);
  return inputs({ name: 'in', path: '/in', file, ...(how !== null && { archive: { [how]: {} } }) });
}

/** Stages an archive and returns the staged path. */
async function staged(t: TestContext, bytes: Buffer, how: How): Promise<string> {
  const its = pod(t);
  const { status, stderr } = await its.init(input(its, bytes, how));
  assert.deepEqual([status, stderr], [0, '']);
  return join(its.root, 'inputs/artifacts/in');
}

const empties: readonly (readonly [string, Buffer, How])[] = [
  ['a tar of nothing', emptyTar, 'tar'],
  ['a tar of nothing that is not named', emptyTar, null],
  ['the shortest empty tar', shortTar, 'tar'],
  ['an empty .tgz', gzipSync(emptyTar), 'tar'],
  ['an empty .tgz without a declared format', gzipSync(emptyTar), null],
  ['a short empty .tgz without a declared format', gzipSync(shortTar), null],
  ['an empty .tar.zst', zstdCompressSync(emptyTar), 'tar'],
  ['an empty .tar.zst without a declared format', zstdCompressSync(emptyTar), null],
  ['an empty ZIP file', emptyZip, 'zip'],
  ['an empty ZIP file with trailing NULs', Buffer.concat([emptyZip, Buffer.alloc(100)]), 'zip'],
];
for (const [what, bytes, how] of empties) {
  test(`init unpacks ${what} to an empty directory`, async (t) => {
    const place = await staged(t, bytes, how);
    assert.equal(statSync(place).isDirectory(), true);
    assert.deepEqual(readdirSync(place), []);
  });
}

test('init unpacks empty archives of GNU tar and of our own to empty directories', async (t) => {
  const its = pod(t);
  tool('tar', ['czf', 'e.tgz', '-T', '/dev/null'], its.work);
  assert.deepEqual(readdirSync(await staged(t, readFileSync(join(its.work, 'e.tgz')), null)), []);
  for (const archive of [{ tar: {} }, { zip: {} }, { zstd: {} }]) {
    const own = pod(t);
    const path = join(own.work, 'd');
    // It contained only kinds that are not saved.
    own.template({ outputs: { artifacts: [{ name: 'd', path: `${path}/*`, archive, optional: true }] } });
    await own.run('mkdir d; mkfifo d/f');
    const kept = own.outputs().artifacts.map(({ file }) => readFileSync(join(own.root, file)));
    for (const bytes of kept) await staged(t, bytes, 'zip' in archive ? 'zip' : 'tar');
  }
});

test('init keeps zeros that are not a tar as a file', async (t) => {
  for (const bytes of [Buffer.alloc(1024), Buffer.alloc(10_241), Buffer.alloc(20_480), gzipSync('')]) {
    assert.deepEqual(readFileSync(await staged(t, bytes, null)), bytes);
  }
});

const zip = makeZip([
  { path: 'd/a', content: 'one' },
  { path: 'd/b', content: 'two' },
]);
const stub = Buffer.from('#!/bin/sh\nexec unzip "$0"\nexit 1\n');
const tails: readonly (readonly [string, Buffer])[] = [
  ['after a shell stub', Buffer.concat([stub, zip])],
  ['with trailing NULs', Buffer.concat([zip, Buffer.alloc(512)])],
  ['with both', Buffer.concat([stub, zip, Buffer.alloc(3)])],
  ['without additions', zip],
];
for (const [where, bytes] of tails) {
  test(`init unpacks a ZIP file ${where} as unzip does`, async (t) => {
    const place = await staged(t, bytes, 'zip');
    assert.deepEqual(
      readdirSync(place).map((name) => readFileSync(join(place, name), 'utf8')),
      ['one', 'two'],
    );
  });
}

test('init unpacks self-extracting files of zip(1), with or without adjusted offsets, also zip64', async (t) => {
  if (!requireProgram(t, 'zip')) return;
  const its = pod(t);
  const script = `echo one > a; echo two > b; zip -q p.zip a b; zip -q -fz z.zip a b
    for n in p z; do { echo '#!/bin/sh'; echo exit; cat $n.zip; } > $n.sfx; done; cp p.sfx p.adj; zip -qA p.adj`;
  tool('sh', ['-c', script], its.work);
  for (const name of ['p.sfx', 'p.adj', 'z.sfx', 'z.zip']) {
    const place = await staged(t, readFileSync(join(its.work, name)), 'zip');
    assert.deepEqual(readdirSync(place), ['a', 'b'], name);
  }
});

const others: readonly (readonly [string, How, string, RegExp])[] = [
  ['xz', 'tar', 'fd377a585a000004e6d6b446', /it is compressed with xz, which is not supported/],
  ['bzip2', 'tar', '425a683931415926535980', /it is compressed with bzip2, which is not supported/],
  ['lz4', 'tar', '04224d186440a70000000000', /it is compressed with LZ4, which is not supported/],
  ['7-Zip', 'zip', '377abcaf271c0004', /it is a 7-Zip archive, which is not supported/],
  ['RAR', 'zip', '526172211a0700cf', /it is a RAR archive, which is not supported/],
  ['a ZIP file', 'tar', emptyZip.toString('hex'), /it is a ZIP file, not a tar/],
  ['gzip', 'zip', gzipSync('x').toString('hex'), /it is compressed with gzip, not a ZIP file/],
];
for (const [what, how, hex, sentence] of others) {
  test(`init names the format if an input is ${what} instead of ${how}`, async (t) => {
    const its = pod(t);
    await refused(its, input(its, Buffer.from(hex, 'hex'), how), sentence);
  });
}

/** A ZIP file with one entry with these flags and this compression method, in both of its headers. */
function saying(flags: number, method: number): Buffer {
  const bytes = makeZip([{ path: 'a', content: 'content' }]);
  for (const at of [6, bytes.indexOf('PK\x01\x02', 0, 'latin1') + 8]) {
    bytes.writeUInt16LE(flags, at);
    bytes.writeUInt16LE(method, at + 2);
  }
  return bytes;
}

for (const [method, name] of [
  [12, 'bzip2'],
  [14, 'LZMA'],
  [93, 'Zstandard'],
  [95, 'xz'],
  [9, 'Deflate64'],
  [77, 'method 77'],
] as const) {
  test(`init names the compression of a ZIP entry that uses ${name}`, async (t) => {
    const its = pod(t);
    const sentence = new RegExp(`: its entry "a" is compressed with ${name}, which is not supported`);
    await refused(its, input(its, saying(0, method), 'zip'), sentence);
  });
}

test('init reports an encrypted ZIP entry as encrypted', async (t) => {
  for (const flags of [1, 0x41]) {
    const its = pod(t);
    await refused(
      its,
      input(its, saying(flags, 8), 'zip'),
      /: (its entry "a"|one of its entries) is encrypted, which is not supported/,
    );
  }
});

test("run does not replace the job's working directory by a file, even if it is empty", async (t) => {
  const its = pod(t);
  const path = join(its.work, 'here');
  tool('mkdir', [path]);
  assert.equal((await its.init(inputs({ name: 'in', path, raw: { data: 'x' } }))).status, 0);
  const { status, stderr } = await its.run('pwd', { cwd: path });
  assert.equal(status, 65);
  assert.equal(
    stderr,
    `emissary: Cannot put input in at ${path}: ${path} is an existing directory (the job's working directory)\n`,
  );
  assert.equal(statSync(path).isDirectory(), true);
  // Any other empty directory is replaced.
  assert.equal((await its.run('cat here', { cwd: its.work })).stdout.toString(), 'x');
});
