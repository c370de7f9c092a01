import type { Pattern } from '../../base/match-names.ts';

/** One token of an expression: an escape, a class, a construct that PCRE writes differently, or a character. */
const tokens =
  /\\x\{[0-9A-Fa-f]+\}|\\[\s\S]|\[\^?\]?(?:\\[\s\S]|\[:\^?[a-z]+:\]|[^\]\\])*\]|\(\?(?:>|P<|#[^)]*\))|[*+?}]\+|[\s\S]/g;

const replacements: Readonly<Record<string, string>> = {
  '\\A': '^',
  '\\z': '$',
  '\\Z': '$',
  '\\h': '[ \\t]',
  '\\R': '(?:\\r\\n|[\\n\\v\\f\\r])',
  '(?>': '(?:',
  '(?P<': '(?<',
  // Possessive: it matches the same, except in rare expressions.
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
  word: '\\w',
  xdigit: '0-9a-fA-F',
};

/** The PCRE options that a file name may need. */
const leadingOptions = /^\(\?([imsxuU]+)\)/;

/**
 * Translates a regular expression as MultiFlexi's PHP reads it (PCRE); null if PHP would reject it too, so that it
 * matches nothing. First tries it with code points, then like PHP without its flag `u`, where a meaningless escape or
 * brace stands for itself.
 */
export function phpPattern(text: string): Pattern | null {
  const options = leadingOptions.exec(text)?.[1] ?? '';
  const rest = text.replace(leadingOptions, '');
  const source = (options.includes('x') ? withoutBlanks(rest) : rest).replace(tokens, translated);
  const flags = [...'ims'].filter((flag) => options.includes(flag)).join('');
  return [`${flags}u`, flags].map((each) => ({ source, flags: each })).find(isValid) ?? null;
}

/** The keys of a template's patterns that can match nothing. */
export function invalidPatterns(patterns: readonly string[]): readonly string[] {
  return patterns.flatMap((pattern, index) =>
    phpPattern(pattern) === null ? [`multiflexi.artifactPatterns[${index}]`] : [],
  );
}

function translated(token: string): string {
  // PCRE has no empty class: a bracket at the start is a member of the class.
  if (token === '[]' || token === '[^]') return '[';
  if (token.startsWith('[') && token.length > 1)
    return token
      .replace(/^\[(\^?)\]/, '[$1\\]')
      .replace(/\[:(\^?)([a-z]+):\]/g, (all, not: string, name: string) =>
        not === '' ? (classOf[name] ?? all) : all,
      );
  if (token.startsWith('\\x{')) return `\\u${token.slice('\\x'.length)}`;
  if (token.startsWith('(?#')) return '';
  return replacements[token] ?? token;
}

function withoutBlanks(text: string): string {
  return text.replace(/\\[\s\S]|\s+|#.*$/gm, (found) => (found.startsWith('\\') ? found : ''));
}

function isValid({ source, flags }: Pattern): boolean {
  try {
    return new RegExp(source, flags) instanceof RegExp;
  } catch {
    return false; // The caller tries the other flags.
  }
}
