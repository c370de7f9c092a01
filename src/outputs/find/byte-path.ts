/**
 * A path or name as its bytes, one character each (latin1). A name on Linux is any bytes but `/` and NUL, and need not
 * be UTF-8: as such a text nothing is lost, and ordering it is ordering the bytes.
 */
export type BytePath = string;

/** The bytes of a path that is text. */
export function bytePath(text: string): BytePath {
  return isAscii(text) ? text : Buffer.from(text).toString('latin1');
}

/** The path as `node:fs` wants it: text where that is the same, else the bytes. */
export function fsPath(path: BytePath): string | Buffer {
  return isAscii(path) ? path : Buffer.from(path, 'latin1');
}

/** The path for people and records; what is not UTF-8 is shown as U+FFFD. */
export function textOf(path: BytePath): string {
  return isAscii(path) ? path : Buffer.from(path, 'latin1').toString();
}

/** True where every character is one byte of text in any encoding that matters here. */
export function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}
