/** U+FEFF, the byte order mark, which some editors put before the text. */
const byteOrderMark = '\ufeff';
const utf16Marks: readonly string[] = ['fffe', 'feff'];

/**
 * The text of a file that a user has made: UTF-8, without a byte order mark.
 *
 * @throws an error whose message is a clause, if the mark shows that it is UTF-16
 */
export function textOf(bytes: Buffer): string {
  if (utf16Marks.includes(bytes.toString('hex', 0, 2)))
    throw new Error('it is UTF-16 text; save it as UTF-8');
  return withoutByteOrderMark(bytes.toString());
}

/** The same for a string, such as a variable's value. */
export function withoutByteOrderMark(text: string): string {
  return text.startsWith(byteOrderMark) ? text.slice(byteOrderMark.length) : text;
}
