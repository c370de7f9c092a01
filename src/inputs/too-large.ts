/** The reason for rejecting an input with more than this many bytes. */
export function tooLarge(maxBytes: number): string {
  return `larger than the limit of ${maxBytes} bytes for an input`;
}
