import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeIcuPackage, readIcuPackage } from '../../../../build/runtime/icu-package.ts';

const header = Buffer.alloc(32);
header.writeUInt16LE(header.length);
header.set([0xda, 0x27], 2);
header.write('CmnD', 12);

const items = new Map([
  ['icudt1l/coll/root.res', Buffer.alloc(48, 'c')],
  ['icudt1l/root.res', Buffer.alloc(16, 'r')],
  ['icudt1l/zoneinfo64.res', Buffer.alloc(32, 'z')],
]);

test('a package of ICU data that was made has all its items when it is read', () => {
  const made = makeIcuPackage(header, items);
  const found = readIcuPackage(Buffer.concat([Buffer.alloc(64, 'x'), made, Buffer.alloc(64, 'x')]));
  assert.deepEqual([found.start, found.end, found.header], [64, 64 + made.length, header]);
  assert.deepEqual([...found.items], [...items]);
});

test('every item of a package of ICU data is aligned to 16 bytes', () => {
  const made = makeIcuPackage(header, items);
  for (const item of items.values()) assert.equal(made.indexOf(item) % 16, 0);
});

test('a program with no package of ICU data, or with two, is refused', () => {
  const made = makeIcuPackage(header, items);
  const refusal = (count: number) => new RegExp(`has ${count} packages of ICU's data`);
  assert.throws(() => readIcuPackage(Buffer.from('nothing but the name CmnD')), refusal(0));
  assert.throws(() => readIcuPackage(Buffer.concat([made, made])), refusal(2));
});
