import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FrameParts, FrameType } from '../../../../src/contract/mirror/frame.ts';
import { frameTypes } from '../../../../src/contract/mirror/frame.ts';
import {
  FrameDecoder,
  FrameEncoder,
  type FrameEncoding,
  FrameError,
} from '../../../../src/contract/mirror/frame-stream.ts';
import { seeded } from '../../../helpers/seeded.ts';

const encodings: readonly FrameEncoding[] = ['binary', 'text'];
const bytes = fc.uint8Array({ maxLength: 5_000 }).map((array) => Buffer.from(array));
const parts = {
  type: fc.constantFrom(...(Object.keys(frameTypes) as FrameType[])),
  file: fc.nat(),
  offset: fc.maxSafeNat(),
  text: fc.string({ unit: 'binary', maxLength: 200 }).map((text) => Buffer.from(text)),
  bytes,
};
const frames = fc.array(fc.record(parts, { noNullPrototype: true }), { maxLength: 8 });

for (const encoding of encodings) {
  test(`frames as ${encoding} arrive as they were sent, in pieces of any length`, (t) => {
    const { seed } = seeded(t);
    const property = fc.property(frames, fc.array(fc.nat(3_000)), (sent, lengths) => {
      assert.deepEqual(decode(encoding, pieces(encode(encoding, sent), lengths)), sent);
    });
    fc.assert(property, { seed });
  });

  test(`a damaged byte of frames as ${encoding} is found`, (t) => {
    const { seed } = seeded(t);
    const property = fc.property(frames, fc.nat(), fc.integer({ min: 1, max: 255 }), (sent, at, change) => {
      const stream = encode(encoding, sent);
      if (stream.length === 0) return;
      const place = at % stream.length;
      stream.writeUInt8(stream.readUInt8(place) ^ change, place);
      let found: readonly FrameParts[];
      try {
        found = decode(encoding, [stream]);
      } catch (error) {
        assert.ok(error instanceof FrameError);
        return;
      }
      // What has not arrived may still come; what has arrived is right.
      assert.deepEqual(found, sent.slice(0, found.length));
    });
    fc.assert(property, { seed });
  });
}

test('frames as text pass a terminal that echoes, prompts and ends its lines with a carriage return', () => {
  const sent: FrameParts[] = [
    { type: 'ready', file: 0, offset: 0, text: Buffer.from('{}'), bytes: Buffer.alloc(9_000, 7) },
    { type: 'ping', file: 0, offset: 0, text: Buffer.alloc(0), bytes: Buffer.alloc(0) },
  ];
  const lines = encode('text', sent).toString('latin1').split('\n').slice(0, -1);
  assert.ok(lines.every((line) => line.length < 4_095));
  const own = new FrameEncoder('text', 'receiver').encode({ type: 'letGo' }).pieces[0]?.toString() ?? '';
  const shown = [
    '$ emissary send',
    ...lines.flatMap((line) => [own.trim(), `${line}\r`, '', 'noise > here']),
  ];
  assert.deepEqual(decode('text', [Buffer.from(`${shown.join('\n')}\n`)]), sent);
});

test('a frame that is missing breaks the stream', () => {
  const encoder = new FrameEncoder('binary', 'sender');
  encoder.encode({ type: 'ping' });
  const second = Buffer.concat(encoder.encode({ type: 'ping' }).pieces);
  assert.throws(() => decode('binary', [second]), /a frame is missing/);
});

function encode(encoding: FrameEncoding, sent: readonly FrameParts[]): Buffer {
  const encoder = new FrameEncoder(encoding, 'sender');
  return Buffer.concat(sent.flatMap((frame) => encoder.encode(frame).pieces));
}

function decode(encoding: FrameEncoding, received: readonly Buffer[]): readonly FrameParts[] {
  const decoder = new FrameDecoder(encoding, 'sender');
  const found: FrameParts[] = [];
  for (const piece of received) {
    for (const { type, file, offset, text, bytes: content } of decoder.decode(piece))
      found.push({ type, file, offset, text: Buffer.from(text), bytes: Buffer.from(content) });
  }
  return found;
}

function pieces(stream: Buffer, lengths: readonly number[]): readonly Buffer[] {
  let rest = stream;
  const cut = lengths.map((length) => {
    const piece = rest.subarray(0, length);
    rest = rest.subarray(length);
    return piece;
  });
  return [...cut, rest];
}
