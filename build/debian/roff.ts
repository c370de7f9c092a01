/** Text for man(7): nothing in it is taken for a request, an escape or a hyphen. */
export function roff(text: string): string {
  return text
    .replaceAll('\\', '\\(rs')
    .replaceAll('-', '\\-')
    .replaceAll('…', '\\&...')
    .replace(/^(?=[.'])/gm, '\\&');
}

/** The same in bold: what is typed as it stands. */
export function bold(text: string): string {
  return `\\fB${roff(text)}\\fR`;
}

/** The same in italics: what is replaced. */
export function italic(text: string): string {
  return `\\fI${roff(text)}\\fR`;
}

/** A usage with words in capitals in italics, and the rest in bold: `run [options] -- COMMAND [ARG…]`. */
export function synopsis(usage: string): string {
  return usage
    .split(' ')
    .map((word) =>
      /^[[\]A-Z….]+$/.test(word) ? italic(word) : word.startsWith('[') ? roff(word) : bold(word),
    )
    .join(' ');
}

/** A list entry: its tag, then its text. */
export function entry(tag: string, text: string): string {
  return `.TP\n${tag}\n${text}`;
}

/** A section with its title. */
export function section(title: string, ...paragraphs: readonly string[]): string {
  return paragraphs.length === 0 ? '' : [`.SH ${title}`, ...paragraphs].join('\n');
}
