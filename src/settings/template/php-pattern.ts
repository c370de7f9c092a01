import type { Pattern } from '../../base/match-names.ts';

/** One piece of an expression: an escape, a class, what PCRE writes in its own way, or a character. */
const pieces =
  /\\x\{[0-9A-Fa-f]+\}|\\[\s\S]|\[\^?\]?(?:\\[\s\S]|\[:\^?[a-z]+:\]|[^\]\\])*\]|\(\?(?:>|P<|#[^)]*\))|[*+?}]\+|[\s\S]/g;

const pieceOf: Readonly<Record<string, string>> = {
  '\\A': '^',
  '\\z': '$',
  '\\Z': '$',
  '\\h': '[ \\t]',
  '\\R': '(?:\\r\\n|[\\n\\v\\f\\r])',
  '(?>': '(?:',
  '(?P<': '(?<',
  // Possessive: what it fits is the same but for rare expressions.
  '*+': '*',
  '++': '+',
  '?+': '?',
  '}+': '}',
};

const classOf: Readonly<Record<string, string>> = {
  alnum: 'a-zA-Z0-9',
  alpha: 'a-zA-Z',
  blank: ' \\t',
  digit: '0-9',
  lower: 'a-z',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\s',
  upper: 'A-Z',
  arg: '\\w',
  xdigit: '0-9a-fA-F',
};

/** Of PCRE's options those that a file name can need. */
const leadingOptions = /^\(\?([imsxuU]+)\)/;

/**
 * Reads a regular expression as MultiFlexi's PHP does (PCRE), or null where PHP could not either, and would fit nothing.
 * First by code points, then as PHP without its flag `u`, where an escape or a brace that means nothing is itself.
 */
export function phpPattern(text: string): Pattern | null {
  const options = leadingOptions.exec(text)?.[1] ?? '';
  const rest = text.replace(leadingOptions, '');
  const source = (options.includes('x') ? withoutBlanks(rest) : rest).replace(pieces, translated);
  const flags = [...'ims'].filter((flag) => options.includes(flag)).join('');
  return [`${flags}u`, flags].map((each) => ({ source, flags: each })).find(isValid) ?? null;
}

/** Those of a template's patterns that fit nothing, by their keys. */
export function hopelessPatterns(patterns: readonly string[]): readonly string[] {
  return patterns.flatMap((pattern, index) =>
    phpPattern(pattern) === null ? [`multiflexi.artifactPatterns[${index}]`] : [],
  );
}

function translated(piece: string): string {
  // PCRE knows no empty class: a bracket that comes first is one of its members.
  if (piece === '[]' || piece === '[^]') return '[';
  if (piece.startsWith('[') && piece.length > 1)
    return piece
      .replace(/^\[(\^?)\]/, '[$1\\]')
      .replace(/\[:(\^?)([a-z]+):\]/g, (all, not: string, name: string) =>
        not === '' ? (classOf[name] ?? all) : all,
      );
  if (piece.startsWith('\\x{')) return `\\u${piece.slice('\\x'.length)}`;
  if (piece.startsWith('(?#')) return '';
  return pieceOf[piece] ?? piece;
}

function withoutBlanks(text: string): string {
  return text.replace(/\\[\s\S]|\s+|#.*$/gm, (found) => (found.startsWith('\\') ? found : ''));
}

function isValid({ source, flags }: Pattern): boolean {
  try {
    return new RegExp(source, flags) instanceof RegExp;
  } catch {
    return false; // The next way is tried.
  }
}
