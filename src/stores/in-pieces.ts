import { Readable } from 'node:stream';
import { limits } from '../base/limits.ts';

/**
 * A body whose pieces are read when the server takes more: so it shows how far the server has read.
 *
 * @param sent called with the bytes so far, when more is wanted
 */
export function inPieces(content: Readable | Buffer, sent: (bytes: number) => void): Readable {
  const pieces = Buffer.isBuffer(content) ? piecesOf(content) : content;
  return Readable.from(counted(pieces, sent), { objectMode: false });
}

async function* counted(
  pieces: Iterable<Buffer> | AsyncIterable<Buffer>,
  sent: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  let total = 0;
  for await (const piece of pieces) {
    yield piece;
    total += piece.length;
    sent(total);
  }
}

function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += limits.storePieceBytes)
    yield bytes.subarray(start, start + limits.storePieceBytes);
}
