import { createAnsiSequenceParser, createColorPalette } from 'ansi-sequence-parser';

/** A part of a line that looks alike. */
export interface Run {
  readonly text: string;
  /** A CSS colour, or null. */
  readonly colour: string | null;
  readonly background: string | null;
  /** `bold`, `dim`, `italic`, `underline`, `strikethrough`, `hidden`, `reverse`. */
  readonly decorations: readonly string[];
  /** Where it leads to, if that is http, https or mailto. */
  readonly link: string | null;
}

/** Characters that are shown of one line: a page is for people. */
const mostCharacters = 20_000;
const escape = '\u001b';
/** The sixteen named colours are the page's own: they can be read on light and on dark. */
const palette = createColorPalette({
  black: 'var(--black)',
  red: 'var(--red)',
  green: 'var(--green)',
  yellow: 'var(--yellow)',
  blue: 'var(--blue)',
  magenta: 'var(--magenta)',
  cyan: 'var(--cyan)',
  white: 'var(--white)',
  brightBlack: 'var(--black)',
  brightRed: 'var(--red)',
  brightGreen: 'var(--green)',
  brightYellow: 'var(--yellow)',
  brightBlue: 'var(--blue)',
  brightMagenta: 'var(--magenta)',
  brightCyan: 'var(--cyan)',
  brightWhite: 'var(--white)',
});

/**
 * What a terminal shows of a line: colours, `\r`, backspace, and erasing; other sequences are left out. In time linear to its length,
 * whatever it holds. A line starts without colours: those of an earlier line do not reach into it.
 */
export function terminalLine(line: string): { readonly runs: readonly Run[]; readonly isWhole: boolean } {
  if (!/[\u0000-\u001f\u007f-\u009f]/.test(line)) {
    const text = line.slice(0, mostCharacters);
    return { runs: text === '' ? [] : [{ ...plain, text }], isWhole: text.length === line.length };
  }
  const screen = new ScreenLine();
  const sequences = new Sequences(line);
  for (let found = sequences.next(); found !== null; found = sequences.next()) screen.take(found);
  return screen.runs();
}

/** The text of a line as a terminal shows it: what a search looks through. */
export function shownText(line: string): string {
  return /[\u0000-\u001f\u007f-\u009f]/.test(line)
    ? terminalLine(line)
        .runs.map(({ text }) => text)
        .join('')
    : line;
}

const plain: Run = { text: '', colour: null, background: null, decorations: [], link: null };

type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'control'; readonly code: string }
  | { readonly kind: 'csi'; readonly parameters: string; readonly final: string }
  | { readonly kind: 'link'; readonly uri: string };

/** Takes a line apart into texts and sequences: ECMA-48, and OSC 8 for links. */
class Sequences {
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
    return { kind: 'control', code: escape };
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
      return { kind: 'control', code: escape };
    }
    this.#at = end.next;
    const content = this.#line.slice(start, end.at);
    const link = this.#line[start - 1] === ']' ? /^8;[^;]*;(.*)$/s.exec(content) : null;
    return link === null ? { kind: 'control', code: escape } : { kind: 'link', uri: link[1] ?? '' };
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

/** One line of a terminal. */
class ScreenLine {
  readonly #cells: { character: string; style: Run }[] = [];
  readonly #parser = createAnsiSequenceParser();
  #column = 0;
  #style = plain;
  #link: string | null = null;
  #isWhole = true;

  take(piece: Piece): void {
    if (piece.kind === 'text') this.#write(piece.text);
    else if (piece.kind === 'control') this.#control(piece.code);
    else if (piece.kind === 'csi') this.#sequence(piece.parameters, piece.final);
    else {
      this.#link = /^(https?:\/\/|mailto:)[^\s\u0000-\u001f]*$/i.test(piece.uri) ? piece.uri : null;
      this.#style = { ...this.#style, link: this.#link };
    }
  }

  runs(): { readonly runs: readonly Run[]; readonly isWhole: boolean } {
    const runs: Run[] = [];
    let style: Run | null = null;
    let text = '';
    for (const cell of this.#cells) {
      if (cell.style !== style && style !== null) {
        runs.push({ ...style, text });
        text = '';
      }
      style = cell.style;
      text += cell.character;
    }
    if (style !== null && text !== '') runs.push({ ...style, text });
    return { runs, isWhole: this.#isWhole };
  }

  #write(text: string): void {
    for (const character of text) {
      if (this.#column >= mostCharacters) {
        this.#isWhole = false;
        return;
      }
      while (this.#cells.length < this.#column) this.#cells.push({ character: ' ', style: plain });
      this.#cells[this.#column] = { character, style: this.#style };
      this.#column += 1;
    }
  }

  #control(code: string): void {
    if (code === '\r') this.#column = 0;
    else if (code === '\b') this.#column = Math.max(0, this.#column - 1);
    else if (code === '\t') this.#write(' '.repeat(8 - (this.#column % 8)));
  }

  #sequence(parameters: string, final: string): void {
    const count = Math.min(mostCharacters, Number.parseInt(parameters, 10) || 0);
    if (final === 'm') this.#colour(parameters);
    else if (final === 'K') this.#erase(count);
    else if (final === 'G') this.#column = Math.max(0, count - 1);
    else if (final === 'C') this.#column = Math.min(mostCharacters, this.#column + Math.max(1, count));
    else if (final === 'D') this.#column = Math.max(0, this.#column - Math.max(1, count));
  }

  #erase(kind: number): void {
    if (kind === 0) this.#cells.length = Math.min(this.#cells.length, this.#column);
    else if (kind === 2) this.#cells.length = 0;
    else
      for (let index = 0; index <= this.#column && index < this.#cells.length; index += 1)
        this.#cells[index] = { character: ' ', style: plain };
  }

  #colour(parameters: string): void {
    if (!/^[\d;:]{0,200}$/.test(parameters)) return;
    // 38:2::R:G:B is the standard's form of 38;2;R;G;B.
    const words = parameters.replace(/([34]8):2:\d*:(\d+:\d+:\d+)/g, '$1:2:$2').replaceAll(':', ';');
    const [token] = this.#parser.parse(`${escape}[${words}mx`);
    if (token === undefined) return;
    this.#style = {
      text: '',
      colour: token.foreground === null ? null : palette.value(token.foreground),
      background: token.background === null ? null : palette.value(token.background),
      decorations: [...token.decorations],
      link: this.#link,
    };
  }
}
