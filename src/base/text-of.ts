/** U+FEFF, which editors of other systems put before a text (a byte order mark). */
const mark = '\ufeff';
const utf16Marks: readonly string[] = ['fffe', 'feff'];

/**
 * The text of a file that a person has made: UTF-8, without a byte order mark.
 * @throws an error whose message is a clause, where the mark says that it is UTF-16
 */
export function textOf(bytes: Buffer): string {
  if (utf16Marks.includes(bytes.toString('hex', 0, 2)))
    throw new Error('it is UTF-16 text; save it as UTF-8');
  return withoutMark(bytes.toString());
}

/** The same for what is a text already: a variable's value. */
export function withoutMark(text: string): string {
  return text.startsWith(mark) ? text.slice(mark.length) : text;
}
