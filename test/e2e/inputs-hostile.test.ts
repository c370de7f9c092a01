import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type MadeMember, makeTar, makeZip } from '../helpers/archives.ts';
import { type Pod, pod } from '../helpers/saved.ts';

async function stage(its: Pod, archive: Buffer, how: 'tar' | 'zip') {
  const file = join(its.work, 'archive');
  writeFileSync(file, archive);
  const input = { name: 'in', path: '/in', file, archive: { [how]: {} } };
  return its.init({ inputs: { artifacts: [input] } });
}

async function refuses(its: Pod, archive: Buffer, how: 'tar' | 'zip', sentence: RegExp): Promise<void> {
  const { status, stderr } = await stage(its, archive, how);
  assert.equal(status, 65, stderr);
  assert.match(stderr, sentence);
  assert.equal(stderr.split('\n').length, 2, stderr);
  assert.deepEqual(
    readdirSync(its.root).filter((name) => /inputs|escaped/.test(name)),
    [],
  );
  assert.equal(existsSync(join(its.root, '..', 'escaped')), false);
  assert.equal(existsSync(join(its.work, 'escaped')), false);
}

const file = (path: string, content = 'x'): MadeMember => ({ path, content });
const link = (path: string, linkpath: string): MadeMember => ({ path, linkpath, type: 'SymbolicLink' });

/** Tricks that both tar and zip can express. */
const tricks: Readonly<Record<string, readonly MadeMember[]>> = {
  'a name that goes up': [file('ok'), file('../escaped')],
  'a name that goes up in the middle': [file('ok'), file('a/../../escaped')],
  'a name that ends going up': [file('a/..')],
  'a link that is absolute': [file('ok'), link('l', '/etc/passwd')],
  'a link that goes up': [file('ok'), link('a/l', '../../escaped')],
  'a file through a link': [link('l', 'd'), file('l/escaped')],
  'a file through a link out': [link('l', '..'), file('l/escaped')],
  'links that go out together': [
    file('a/b/c/ok'),
    link('a/b/c/up', '../../..'),
    link('out', 'a/b/c/up/../escaped'),
  ],
  'a chain of links out': [
    file('ok'),
    link('a', 'b'),
    link('b', 'c/../..'),
    { path: 'c', type: 'Directory' },
  ],
  'a FIFO': [file('ok'), { path: 'f', type: 'FIFO' }],
  'a device': [file('ok'), { path: 'null', type: 'CharacterDevice' }],
  'a file in a file': [file('f'), file('f/escaped')],
  'a file where a directory is': [{ path: 'd', type: 'Directory' }, file('d/x'), file('d')],
  'directories too deep': [file(`${'d/'.repeat(200)}x`)],
};

const quiet = /refused|broken archive|invalid|would be out|directory/;

for (const [name, members] of Object.entries(tricks)) {
  test(`init rejects an archive with ${name}`, async (t) => {
    const its = pod(t);
    const named = members.map((member) =>
      member.type === 'Directory' ? { ...member, path: `${member.path}/` } : member,
    );
    await refuses(its, gzipSync(makeTar(named)), 'tar', quiet);
    await refuses(its, makeZip(named), 'zip', quiet);
  });
}

test('init rejects a tar with an absolute name, a hard link out, or a special file', async (t) => {
  const its = pod(t);
  await refuses(its, makeTar([file('/escaped')]), 'tar', /would be out/);
  const hard = (linkpath: string): MadeMember => ({ path: 'h', linkpath, type: 'Link' });
  await refuses(its, makeTar([hard('/etc/passwd')]), 'tar', /would be out/);
  await refuses(its, makeTar([hard('../../template')]), 'tar', /would be out/);
  await refuses(
    its,
    makeTar([file('a'), link('l', 'a'), hard('l')]),
    'tar',
    /is a hard link to "\S+", which is not a file in it/,
  );
  await refuses(
    its,
    makeTar([link('d', '..'), hard('d/emissary')]),
    'tar',
    /is a hard link to "\S+", which is not a file in it/,
  );
  await refuses(its, makeTar([{ path: 'b', type: 'BlockDevice' }]), 'tar', /is of an unsupported type/);
});

test('init confines a link over a file, and a file over a link, to the archive', async (t) => {
  const its = pod(t);
  const outside = join(its.work, 'outside');
  writeFileSync(outside, 'untouched');
  const members = [file('t', 'target'), link('x', 't'), file('x', 'new'), file('end')];
  const { status, stderr } = await stage(its, makeTar(members), 'tar');
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(readFileSync(join(its.root, 'inputs/artifacts/in/t'), 'utf8'), 'target');
  assert.equal(readFileSync(join(its.root, 'inputs/artifacts/in/x'), 'utf8'), 'new');
  assert.equal(readFileSync(outside, 'utf8'), 'untouched');
});

test('init rejects a decompression bomb long before it is unpacked', async (t) => {
  const its = pod(t);
  const zeros = Buffer.alloc(200 * 2 ** 20);
  await refuses(
    its,
    gzipSync(makeTar([{ path: 'z', content: zeros }])),
    'tar',
    /unpacks to more than 200 times its size/,
  );
});

test('init exits 65 with one message for broken archives', async (t) => {
  const its = pod(t);
  const whole = makeTar([file('a', 'a'.repeat(5000)), file('b', 'b'.repeat(5000))]);
  const packed = gzipSync(whole);
  const wrong = Buffer.from(whole);
  wrong[512 + 5120 + 10] = 0x21;
  const broken = /broken archive|not a tar/;
  await refuses(its, packed.subarray(0, packed.length - 20), 'tar', broken);
  await refuses(its, gzipSync(whole.subarray(0, 3000)), 'tar', broken);
  await refuses(its, whole.subarray(0, 3000), 'tar', broken);
  await refuses(its, wrong, 'tar', broken);
  await refuses(its, gzipSync(packed), 'tar', broken);
  const zip = makeZip([file('a', 'content')]);
  await refuses(its, zip.subarray(0, zip.length - 30), 'zip', broken);
  await refuses(its, makeZip([file('a', 'content')], { checksum: 1 }), 'zip', /checksum/);
  await refuses(its, makeZip([file('a', 'content')], { bytes: 3 }), 'zip', broken);
  await refuses(its, makeZip([file('a', 'content')], { offset: 5000 }), 'zip', broken);
});

/** A tar of one file, with these bytes at an offset in its header. */
function withHeader(
  offset: number,
  bytes: Buffer,
  members: readonly MadeMember[] = [file('a'), file('b')],
): Buffer {
  const tar = makeTar(members);
  bytes.copy(tar, offset);
  tar.fill(' ', 148, 156);
  const sum = tar.subarray(0, 512).reduce((all, byte) => all + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return tar;
}

const sizeField = 124;

test('init rejects a tar with an invalid or huge size', async (t) => {
  const its = pod(t);
  for (const bytes of [Buffer.alloc(12, 0xff), Buffer.from('zzzzzzzzzzz\0')])
    await refuses(its, withHeader(sizeField, bytes), 'tar', /broken archive: "a" has no size/);
  const huge = Buffer.from([0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
  const second = Buffer.concat([makeTar([file('a')]).subarray(0, 1024), withHeader(sizeField, huge)]);
  await refuses(its, second, 'tar', /broken archive: parsed number/);
});

test('init rejects a tar with a sparse file, whose data begins with a map', async (t) => {
  const its = pod(t);
  const map = '22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n';
  const header = withHeader(156, Buffer.from('x'), [{ path: 'pax', content: map }]).subarray(0, 1024);
  await refuses(its, Buffer.concat([header, makeTar([file('GNUSparseFile.0/a')])]), 'tar', /sparse file/);
});

test('init rejects a tar with names that are not UTF-8, which could collide', async (t) => {
  const its = pod(t);
  await refuses(its, withHeader(0, Buffer.from([0xff, 0xfe])), 'tar', /not UTF-8/);
});

test('init keeps a file unchanged, whatever its bytes, unless a tar is configured', async (t) => {
  const its = pod(t);
  const path = join(its.work, 'bytes');
  const bytes = Buffer.alloc(600, 0xff);
  bytes[sizeField] = 0x80;
  writeFileSync(path, bytes);
  const { status, stderr } = await its.init({
    inputs: { artifacts: [{ name: 'in', path: '/in', file: path }] },
  });
  assert.deepEqual([status, stderr], [0, '']);
  assert.deepEqual(readFileSync(join(its.root, 'inputs/artifacts/in')), bytes);
});

test('init rejects a zip whose records point outside the file', async (t) => {
  const its = pod(t);
  const zip = makeZip([file('a')]);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(2n ** 63n, 8);
  const end = Buffer.from(zip.subarray(zip.length - 22)).fill(0xff, 8, 20);
  const lies = Buffer.concat([zip.subarray(0, zip.length - 22), locator, end]);
  await refuses(its, lies, 'zip', /broken archive: it points beyond its end/);
});
