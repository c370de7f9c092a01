/**
 * The end of a text in UTF-8, from the beginning of a character.
 * @param bytes how many at most
 */
export function endOfText(text: Buffer, bytes: number): Buffer {
  let start = Math.max(0, text.length - bytes);
  while (start > 0 && isContinuation(text[start])) start += 1;
  return text.subarray(start);
}

/** Whether a byte of UTF-8 text is within a character. */
export function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
