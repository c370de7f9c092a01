import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { partBytesFor } from '../../../src/stores/part-size.ts';

const s3 = { minBytes: 5 * 2 ** 20, maxBytes: 5 * 2 ** 30, most: 10_000, maxObjectBytes: 5 * 2 ** 40 };

test('parts of an object of any size that the store takes are within its limits', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: s3.maxObjectBytes }), (bytes) => {
      const part = partBytesFor(bytes, s3);
      assert.ok(part >= s3.minBytes && part <= s3.maxBytes);
      assert.ok(Math.ceil(bytes / part) <= s3.most);
    }),
  );
});

test('parts are small until there are too many of them: 200 GB has parts of 20 MiB', () => {
  assert.equal(partBytesFor(9 * 2 ** 20, s3), 8 * 2 ** 20);
  assert.equal(partBytesFor(80_000 * 2 ** 20, s3), 8 * 2 ** 20);
  assert.equal(partBytesFor(80_000 * 2 ** 20 + 1, s3), 9 * 2 ** 20);
  assert.equal(partBytesFor(200e9, s3), 20 * 2 ** 20);
});
