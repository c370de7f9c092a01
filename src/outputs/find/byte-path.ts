/**
 * A path or name as bytes, one character each (Latin-1). A Linux file name is any bytes except `/` and NUL, not
 * necessarily UTF-8. In this form nothing is lost, and string order is byte order.
 */
export type BytePath = string;

/** The bytes of a text path. */
export function bytePath(text: string): BytePath {
  return isAscii(text) ? text : Buffer.from(text).toString('latin1');
}

/** The path for `node:fs`: text if it is ASCII, else bytes. */
export function fsPath(path: BytePath): string | Buffer {
  return isAscii(path) ? path : Buffer.from(path, 'latin1');
}

/** The path for messages and records; invalid UTF-8 becomes U+FFFD. */
export function textOf(path: BytePath): string {
  return isAscii(path) ? path : Buffer.from(path, 'latin1').toString();
}

/** Whether the text is ASCII, which has the same bytes in all encodings used here. */
export function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}
