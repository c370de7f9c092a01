import { limits } from '../base/limits.ts';
import type { PageModel, PageVerdict } from './page-model.ts';

const badEnds: ReadonlySet<PageVerdict> = new Set(['failed', 'terminated', 'timedOut', 'error']);

/** Whether the last that something has written says why it ended so. */
export function hasLastWords(verdict: PageVerdict): boolean {
  return badEnds.has(verdict);
}

/** The last lines of a standard error. @param end its last bytes; the first line may be cut */
export async function lastWords(end: AsyncIterable<Buffer>): Promise<PageModel['lastWords']> {
  const pieces: Buffer[] = [];
  for await (const piece of end) pieces.push(piece);
  const lines = Buffer.concat(pieces).subarray(-limits.pageWordsBytes).toString().trimEnd().split('\n');
  const text = lines.slice(-limits.pageWordsLines).join('\n');
  return text === '' ? null : text;
}
