import { isUtf8 } from 'node:buffer';
import type { BytePath } from './byte-path.ts';

/** Whether a name matches. */
export type NameMatcher = (name: BytePath) => boolean;

/** Any number of characters, or one that the function accepts. */
type Token = typeof anything | ((character: string) => boolean);

const anything = Symbol('*');

/**
 * Compiles one name of a pattern (glob(7)): `*` any characters, `?` one, `[abc]`, `[a-z]`, `[[:digit:]]` one of these,
 * `[!…]` or `[^…]` one of the others; `\` escapes a character. An unclosed bracket is a literal. Matching takes at most
 * as many steps as the product of both lengths.
 */
export function nameMatcher(pattern: string): NameMatcher {
  const characters = [...pattern];
  const tokens: Token[] = [];
  for (let at = 0; at < characters.length; ) {
    const { token, end } = tokenAt(characters, at);
    tokens.push(token);
    at = end;
  }
  const takesDot = pattern.startsWith('.') || pattern.startsWith('\\.');
  return (name) => (takesDot || !name.startsWith('.')) && fits(tokens, charactersOf(name));
}

/** A name that is not UTF-8 is split into bytes. */
function charactersOf(name: BytePath): readonly string[] {
  const bytes = Buffer.from(name, 'latin1');
  return [...(isUtf8(bytes) ? bytes.toString() : name)];
}

/** Backtracks only to the last star passed: it can match whatever an earlier one would. */
function fits(tokens: readonly Token[], name: readonly string[]): boolean {
  let at = 0;
  let token = 0;
  let retry: { readonly token: number; at: number } | null = null;
  while (at < name.length) {
    const wanted = tokens[token];
    if (wanted === anything) {
      token += 1;
      retry = { token, at };
    } else if (wanted?.(name[at] ?? '') === true) {
      token += 1;
      at += 1;
    } else if (retry === null) {
      return false;
    } else {
      retry.at += 1;
      ({ token, at } = retry);
    }
  }
  return tokens.slice(token).every((left) => left === anything);
}

interface Read<T> {
  readonly token: T;
  /** Where the next token begins. */
  readonly end: number;
}

function tokenAt(pattern: readonly string[], at: number): Read<Token> {
  const first = pattern[at] ?? '';
  if (first === '*') return { token: anything, end: at + 1 };
  if (first === '?') return { token: () => true, end: at + 1 };
  if (first === '[') return classAt(pattern, at) ?? { token: (character) => character === '[', end: at + 1 };
  const { token, end } = literalAt(pattern, at);
  return { token: (character) => character === token, end };
}

function literalAt(pattern: readonly string[], at: number): Read<string> {
  const escaped = pattern[at] === '\\' ? pattern[at + 1] : undefined;
  return escaped === undefined ? { token: pattern[at] ?? '', end: at + 1 } : { token: escaped, end: at + 2 };
}

/** Null if the bracket is not closed. */
function classAt(pattern: readonly string[], start: number): Read<Token> | null {
  const isNegated = ['!', '^'].includes(pattern[start + 1] ?? '');
  const first = start + (isNegated ? 2 : 1);
  const members: ((character: string) => boolean)[] = [];
  for (let at = first; at < pattern.length; ) {
    if (pattern[at] === ']' && at > first) {
      const token = (character: string) => members.some((takes) => takes(character)) !== isNegated;
      return { token, end: at + 1 };
    }
    const { token, end } = namedClassAt(pattern, at) ?? rangeAt(pattern, at);
    members.push(token);
    at = end;
  }
  return null;
}

/** A single character, or a range of two with a dash between. */
function rangeAt(pattern: readonly string[], at: number): Read<(character: string) => boolean> {
  const from = literalAt(pattern, at);
  const isRange = pattern[from.end] === '-' && ![']', undefined].includes(pattern[from.end + 1]);
  if (!isRange) return { token: (character) => character === from.token, end: from.end };
  const to = literalAt(pattern, from.end + 1);
  const [low, high] = [codeOf(from.token), codeOf(to.token)];
  return { token: (character) => codeOf(character) >= low && codeOf(character) <= high, end: to.end };
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}

/** POSIX character classes (regex(7)). */
const namedClasses: Readonly<Record<string, RegExp>> = {
  alnum: /[\p{L}\p{N}]/u,
  alpha: /\p{L}/u,
  blank: /[ \t]/,
  cntrl: /\p{Cc}/u,
  digit: /[0-9]/,
  graph: /[^\s\p{Cc}]/u,
  lower: /\p{Ll}/u,
  print: /[^\p{Cc}]/u,
  punct: /[\p{P}\p{S}]/u,
  space: /\s/,
  upper: /\p{Lu}/u,
  xdigit: /[0-9a-fA-F]/,
};

function namedClassAt(pattern: readonly string[], at: number): Read<(character: string) => boolean> | null {
  const name = /^\[:([a-z]+):\]/.exec(pattern.slice(at, at + 12).join(''))?.[1];
  const expression = name === undefined ? undefined : namedClasses[name];
  if (name === undefined || expression === undefined) return null;
  return { token: (character) => expression.test(character), end: at + name.length + 4 };
}
