import type { LogLines } from './log-lines.ts';
import { shownText } from './terminal-line.ts';

/** What a search has found so far. */
export interface Found {
  /** The lines with a hit, by their number, in order. */
  readonly lines: readonly number[];
  /** Hits in all of them. */
  readonly hits: number;
  /** Whether all lines have been looked through. */
  readonly isWhole: boolean;
}

/** Lines between two looks at what else the browser has to do. */
const sliceLines = 20_000;

/**
 * Looks for a text in what is shown of all lines, whatever their case.
 *
 * @param found is called with what there is, again and again
 */
export async function searchLog(
  log: LogLines,
  text: string,
  of: { readonly signal: AbortSignal; readonly found: (found: Found) => void },
): Promise<void> {
  const wanted = text.toLowerCase();
  const lines: number[] = [];
  let hits = 0;
  for (let line = 0; line < log.count; line += 1) {
    const count = countOf(shownText(log.line(line).text).toLowerCase(), wanted);
    if (count > 0) lines.push(line);
    hits += count;
    if (line % sliceLines !== sliceLines - 1) continue;
    of.found({ lines, hits, isWhole: false });
    await new Promise((resolve) => setTimeout(resolve));
    if (of.signal.aborted) return;
  }
  of.found({ lines, hits, isWhole: true });
}

function countOf(text: string, wanted: string): number {
  let count = 0;
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length)) count += 1;
  return count;
}
