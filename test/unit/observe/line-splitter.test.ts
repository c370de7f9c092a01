import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineSplitter } from '../../../src/observe/line-splitter.ts';
import { seeded } from '../../helpers/seeded.ts';

const limit = 65_535;

/** The lines of a stream that arrives in pieces of these sizes, repeated. */
function split(bytes: Buffer, sizes: readonly number[]): readonly string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (let offset = 0, turn = 0; offset < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    splitter.push(bytes.subarray(offset, offset + size));
    offset += size;
  }
  splitter.end();
  return lines;
}

test('lines are the same however the stream arrives, lose nothing, and fit the column', (t) => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 50 }),
    fc.constantFrom('\n', 'line\n', 'ž', '🐎', '\0').map((text) => Buffer.from(text)),
    fc.integer({ min: 65_500, max: 65_600 }).map((count) => Buffer.alloc(count, 'x')),
    fc.integer({ min: 16_300, max: 22_000 }).map((count) => Buffer.from('🐎'.repeat(count))),
    fc.integer({ min: 21_800, max: 66_000 }).map((count) => Buffer.alloc(count, 0xff)),
  );
  const property = fc.property(
    fc.array(piece, { maxLength: 8 }),
    fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 4 }),
    (pieces, sizes) => {
      const bytes = Buffer.concat(pieces);
      const lines = split(bytes, sizes);
      assert.deepEqual(lines, split(bytes, [bytes.length || 1]));
      for (const line of lines) {
        assert.ok(line !== '' && Buffer.byteLength(line) <= limit);
        assert.ok(!line.slice(0, -1).includes('\n'));
      }
      const isText = Buffer.from(bytes.toString()).equals(bytes);
      if (isText) assert.equal(lines.join(''), bytes.toString());
    },
  );
  fc.assert(property, { seed: seeded(t).seed, numRuns: 150 });
});

test('a line of 65,535 bytes is not split; its newline follows by itself', () => {
  const text = 'x'.repeat(limit);
  assert.deepEqual(split(Buffer.from(`${text}\n`), [1000]), [text, '\n']);
  assert.deepEqual(split(Buffer.from(`${text.slice(1)}\n`), [1000]), [`${text.slice(1)}\n`]);
});

test('a long line is split between two characters', () => {
  const lines = split(Buffer.from('ž'.repeat(40_000)), [7]);
  assert.deepEqual(
    lines.map((line) => [line.length, line.includes('\ufffd')]),
    [
      [32_767, false],
      [7233, false],
    ],
  );
});
