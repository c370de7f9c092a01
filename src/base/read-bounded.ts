/** There is more than may be read. */
export class TooLarge extends Error {}

/**
 * Reads a stream to its end, as a text.
 *
 * @param most bytes
 * @throws TooLarge, whose message is a clause, if there is more; the stream's error
 */
export async function readBounded(stream: AsyncIterable<Buffer>, most: number): Promise<string> {
  return (await readBoundedBytes(stream, most)).toString();
}

/** The same, as bytes. */
export async function readBoundedBytes(stream: AsyncIterable<Buffer>, most: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  // Leaving the loop closes the stream.
  for await (const piece of stream) {
    pieces.push(piece);
    size += piece.length;
    if (size > most) throw new TooLarge(`its answer has more than ${most} bytes`);
  }
  return Buffer.concat(pieces);
}
