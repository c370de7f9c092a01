/** A part of a line, as a terminal reads it. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'control'; readonly code: string }
  | { readonly kind: 'csi'; readonly parameters: string; readonly final: string }
  | { readonly kind: 'link'; readonly uri: string };

/** Takes a line apart into texts and sequences: ECMA-48, and OSC 8 for links. */
export class Sequences {
  readonly #line: string;
  #at = 0;
  /** From here on, no string sequence has an end. */
  #unterminated = Number.POSITIVE_INFINITY;

  constructor(line: string) {
    this.#line = line;
  }

  next(): Piece | null {
    const line = this.#line;
    if (this.#at >= line.length) return null;
    const code = line.charCodeAt(this.#at);
    if (code >= 0x20 && (code < 0x7f || code > 0x9f)) return this.#text();
    if (code !== 0x1b) {
      this.#at += 1;
      return { kind: 'control', code: line[this.#at - 1] ?? '' };
    }
    const next = line[this.#at + 1] ?? '';
    if (next === '[') return this.#control();
    // Title, clipboard, links, device control, and the like: up to BEL or ESC \.
    if (next !== '' && ']PX^_'.includes(next)) return this.#string();
    const isShort = /[ -~]/.test(next);
    this.#at += isShort ? 2 : 1;
    return { kind: 'control', code: '\u001b' };
  }

  #text(): Piece {
    const start = this.#at;
    while (this.#at < this.#line.length) {
      const code = this.#line.charCodeAt(this.#at);
      if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) break;
      this.#at += 1;
    }
    return { kind: 'text', text: this.#line.slice(start, this.#at) };
  }

  #control(): Piece {
    let end = this.#at + 2;
    const is = (low: number, high: number) => {
      const code = this.#line.charCodeAt(end);
      return code >= low && code <= high;
    };
    while (is(0x20, 0x3f)) end += 1;
    const parameters = this.#line.slice(this.#at + 2, end);
    const final = is(0x40, 0x7e) ? (this.#line[end] ?? '') : '';
    this.#at = final === '' ? end : end + 1;
    return { kind: 'csi', parameters, final };
  }

  #string(): Piece {
    const start = this.#at + 2;
    const end = this.#endOfString(start);
    if (end === null) {
      this.#at = start;
      return { kind: 'control', code: '\u001b' };
    }
    this.#at = end.next;
    const content = this.#line.slice(start, end.at);
    const link = this.#line[start - 1] === ']' ? /^8;[^;]*;(.*)$/s.exec(content) : null;
    return link === null ? { kind: 'control', code: '\u001b' } : { kind: 'link', uri: link[1] ?? '' };
  }

  #endOfString(start: number): { readonly at: number; readonly next: number } | null {
    if (start >= this.#unterminated) return null;
    for (let at = start; at < this.#line.length; at += 1) {
      const code = this.#line.charCodeAt(at);
      if (code === 0x07 || code === 0x9c) return { at, next: at + 1 };
      if (code === 0x1b) {
        if (this.#line[at + 1] === '\\') return { at, next: at + 2 };
        // Another sequence: this one was never ended.
        return null;
      }
    }
    this.#unterminated = start;
    return null;
  }
}
