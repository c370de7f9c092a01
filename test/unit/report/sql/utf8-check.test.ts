import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { Utf8Check } from '../../../../src/report/sql/utf8-check.ts';

function isText(bytes: Buffer, sizes: readonly number[]): boolean {
  const check = new Utf8Check();
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    check.add(bytes.subarray(at, at + size));
    at += size;
  }
  return check.isText();
}

const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 });
/** Bytes that begin, continue and end characters, valid and invalid. */
const bytes = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
  fc
    .array(fc.constantFrom(0x41, 0x80, 0xbf, 0xc2, 0xc0, 0xe2, 0xed, 0xa0, 0xf0, 0x9f, 0xf4, 0xf5, 0xff, 0))
    .map((list) => Buffer.from(list)),
);

test('text is recognized in pieces of any size as it is as a whole', () => {
  const property = fc.property(bytes, sizes, (content, pieces) => {
    assert.equal(isText(content, pieces), isUtf8(content) && !content.includes(0));
  });
  fc.assert(property, { numRuns: 3_000, ...(process.env['SEED'] && { seed: Number(process.env['SEED']) }) });
});
