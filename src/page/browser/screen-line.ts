import { createAnsiSequenceParser, createColorPalette } from 'ansi-sequence-parser';
import type { Piece } from './sequences.ts';

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

/** A part without any style. */
export const plain: Run = { text: '', colour: null, background: null, decorations: [], link: null };

/** Characters that are shown of one line: a page is for people. */
export const mostCharacters = 20_000;
const sequenceStart = '\u001b[';
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

/** One line of a terminal. */
export class ScreenLine {
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
    const [token] = this.#parser.parse(`${sequenceStart}${words}mx`);
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
