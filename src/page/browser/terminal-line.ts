import { mostCharacters, plain, type Run, ScreenLine } from './screen-line.ts';
import { Sequences } from './sequences.ts';

/** Bytes that are no characters to look at. */
const control = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * What a terminal shows of a line: colours, `\r`, backspace, and erasing; other sequences are left out. In time linear to its length,
 * whatever it holds. A line starts without colours: those of an earlier line do not reach into it.
 */
export function terminalLine(line: string): { readonly runs: readonly Run[]; readonly isWhole: boolean } {
  if (!control.test(line)) {
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
  return control.test(line)
    ? terminalLine(line)
        .runs.map(({ text }) => text)
        .join('')
    : line;
}
