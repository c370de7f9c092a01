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

/** Bytes that are looked through at once: most of them hold nothing that is wanted. */
const blockBytes = 65_536;
/** How long one works between two looks at what else the browser has to do, in ms. */
const sliceMs = 30;
/** What a terminal obeys: where it is, the line that is shown is another one. */
const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

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
  let until = performance.now() + sliceMs;
  for (let first = 0; first < log.count; ) {
    const block = log.block(first, blockBytes);
    for (const [index, count] of hitsIn(block.text, wanted)) {
      lines.push(first + index);
      hits += count;
    }
    first = block.next;
    if (performance.now() < until) continue;
    of.found({ lines, hits, isWhole: false });
    await new Promise((resolve) => setTimeout(resolve));
    if (of.signal.aborted) return;
    until = performance.now() + sliceMs;
  }
  of.found({ lines, hits, isWhole: true });
}

/** The lines of a block that have hits, and how many. */
function hitsIn(block: string, wanted: string): readonly (readonly [index: number, hits: number])[] {
  const isPlain = !control.test(block);
  if (isPlain && !block.toLowerCase().includes(wanted)) return [];
  return block
    .split('\n')
    .map((line, index) => {
      const shown = isPlain ? line : shownText(line);
      return [index, countOf(shown.toLowerCase(), wanted)] as const;
    })
    .filter(([, hits]) => hits > 0);
}

function countOf(text: string, wanted: string): number {
  let count = 0;
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length)) count += 1;
  return count;
}
