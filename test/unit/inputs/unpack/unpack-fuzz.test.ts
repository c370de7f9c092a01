import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { limits } from '../../../../src/base/limits.ts';
import { unpack } from '../../../../src/inputs/unpack/unpack.ts';
import { type MadeMember, makeTar, makeZip } from '../../../helpers/archives.ts';
import { seeded } from '../../../helpers/seeded.ts';
import { temporaryVolume } from '../../../helpers/volume.ts';

const part = fc.constantFrom('a', 'a', 'b', 'b', 'c', 'd', 'e', 'ž', 'f g', '..', '.', '');
const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const member: fc.Arbitrary<MadeMember> = fc.record({
  path,
  type: fc.constantFrom('File', 'Directory', 'SymbolicLink', 'SymbolicLink', 'Link', 'FIFO'),
  linkpath: path,
  content: fc.string({ maxLength: 700 }),
  mode: fc.nat(0o7777),
});
const members = fc.array(member, { minLength: 1, maxLength: 9 }).map((list) =>
  list.map((each) => ({
    ...each,
    content: each.type === 'File' ? (each.content ?? '') : '',
    linkpath: each.type === 'SymbolicLink' || each.type === 'Link' ? (each.linkpath ?? '') : '',
  })),
);
const packings = [
  (list: readonly MadeMember[]) => makeTar(list),
  (list: readonly MadeMember[]) => gzipSync(makeTar(list)),
  (list: readonly MadeMember[]) => zstdCompressSync(makeTar(list)),
];

/** Unpacks into a new directory and checks that everything else is unchanged. Returns the rejection, or null. */
async function tryUnpack(place: string, archive: Buffer, how: 'tar' | 'zip' | null): Promise<string | null> {
  const inner = join(place, 'around', 'work');
  rmSync(join(place, 'around'), { recursive: true, force: true });
  mkdirSync(inner, { recursive: true });
  writeFileSync(join(inner, 'input'), archive);
  let refusal: string | null = null;
  try {
    await unpack(join(inner, 'input'), how, join(inner, 'result'), limits.inputBytes);
  } catch (error) {
    assert.ok(error instanceof Error && error.message.length > 0);
    assert.equal('code' in error && String(error.code).startsWith('ERR_'), false, String(error.stack));
    refusal = error.message;
  }
  assert.deepEqual(readdirSync(place), ['around']);
  assert.deepEqual(readdirSync(join(place, 'around')), ['work']);
  assert.deepEqual(
    readdirSync(inner).filter((name) => name !== 'input'),
    refusal === null ? ['result'] : [],
  );
  if (refusal === null) assertContained(join(inner, 'result'));
  return refusal;
}

/** No link leads out, and there are only files, directories and links. */
function assertContained(root: string, path = root): void {
  const stats = lstatSync(path);
  assert.ok(stats.isFile() || stats.isDirectory() || stats.isSymbolicLink(), path);
  if (stats.isSymbolicLink() && existsSync(path))
    assert.ok(`${realpathSync(path)}/`.startsWith(`${realpathSync(root)}/`), path);
  // Not by `recursive`, which follows links.
  if (stats.isDirectory()) for (const name of readdirSync(path)) assertContained(root, join(path, name));
}

function options(t: TestContext, numRuns: number) {
  return { seed: seeded(t).seed, numRuns };
}

test('unpacking a tar neither escapes its directory nor leaves a partial result', async (t) => {
  const place = temporaryVolume(t);
  let unpacked = 0;
  const property = fc.asyncProperty(members, fc.constantFrom(...packings), async (list, pack) => {
    if ((await tryUnpack(place, pack(list), 'tar')) === null) unpacked += 1;
  });
  await fc.assert(property, options(t, 1000));
  assert.ok(unpacked > 20, `only ${unpacked} were unpacked`);
});

test('unpacking a zip neither escapes its directory nor leaves a partial result', async (t) => {
  const place = temporaryVolume(t);
  const property = fc.asyncProperty(members, async (list) => {
    await tryUnpack(place, makeZip(list), 'zip');
  });
  await fc.assert(property, options(t, 300));
});

test('unpacking an archive with broken bytes succeeds or is rejected with one message', async (t) => {
  const place = temporaryVolume(t);
  const damage = fc.record({
    cut: fc.double({ min: 0, max: 1, noNaN: true }),
    changes: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), { maxLength: 6 }),
    noise: fc.uint8Array({ maxLength: 30 }),
  });
  const kinds = fc.constantFrom(...packings, (list: readonly MadeMember[]) => makeZip(list));
  const how = fc.constantFrom('tar', 'zip', null);
  const property = fc.asyncProperty(
    members,
    kinds,
    damage,
    how,
    async (list, pack, { cut, changes, noise }, as) => {
      const whole = pack(list);
      const bytes = Buffer.concat([whole.subarray(0, Math.ceil(whole.length * cut)), noise]);
      for (const [at, value] of changes) bytes[Math.floor(at * (bytes.length - 1))] = value;
      await tryUnpack(place, bytes, as);
    },
  );
  await fc.assert(property, options(t, 400));
});
