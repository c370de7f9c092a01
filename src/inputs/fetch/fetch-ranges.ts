import type { FileHandle } from 'node:fs/promises';
import type { HttpAnswer } from '../../base/http-request.ts';
import { limits } from '../../base/limits.ts';
import { writeAt } from '../../base/write-at.ts';
import { type ObjectRange, StoreError } from '../../stores/object-store.ts';
import { Pace } from '../../stores/pace.ts';
import { Beginning } from './beginning.ts';
import { connectionFailed, NoRanges } from './range-errors.ts';

/** A file that a server gives in ranges. */
export interface Ranged {
  /** Bytes. */
  readonly size: number;
  /** For `If-Range`: the server sends a range only of the same content. */
  readonly validator: string;
}

/** How ranges are fetched. */
export interface RangesContext {
  /** Asks for the file again, with these headers. */
  readonly ask: (headers: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<HttpAnswer>;
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** A file's time of change is good enough for ranges when it lies so far back, in ms: RFC 7232, 2.2.2. */
const settledMs = 60_000;

/**
 * Whether more of a file may come in ranges beside its first answer; null: it is small, or the server does not say that it gives
 * ranges of one and the same content.
 */
export function rangedBy({ headers }: HttpAnswer): Ranged | null {
  const size = Number(headers['content-length'] ?? Number.NaN);
  const givesRanges = /\bbytes\b/i.test(headers['accept-ranges'] ?? '');
  const validator = strongTag(headers.etag) ?? settledTime(headers);
  return givesRanges && validator !== null && size > 2 * limits.storePartBytes ? { size, validator } : null;
}

/**
 * Fetches a file into an empty one: its first bytes from the answer to the first request, and the rest in ranges, several at
 * a time. Reading of that answer pauses after these bytes until the server has answered the first request for a range. If the
 * server gives none, the answer is read to its end: a link may be valid for one request only.
 *
 * @throws NoRanges; Error; the signal's reason
 */
export async function fetchRanges(
  first: HttpAnswer,
  ranged: Ranged,
  file: FileHandle,
  { ask, onBytes, signal }: RangesContext,
): Promise<void> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const pace = new Pace();
  const ranges = rangesOf(ranged.size);
  const beginning = new Beginning(first, ranged.size);
  const fetchRange = async (range: ObjectRange): Promise<void> => {
    const asked = { range: `bytes=${range.start}-${range.end - 1}`, 'if-range': ranged.validator };
    const answer = await ask(asked, either).catch((cause) => {
      beginning.goOn();
      throw either.aborted ? either.reason : connectionFailed(cause);
    });
    const problem = problemOf(answer, first, range, ranged);
    if (problem !== null) {
      beginning.goOn();
      answer.destroy();
      throw problem;
    }
    beginning.limit(limits.storePartBytes);
    await keep(answer, range, file, onBytes);
  };
  const fetchNext = async (): Promise<void> => {
    for (const range of ranges) await pace.run(() => fetchRange(range), either);
  };
  const begin = async (): Promise<void> => {
    await beginning.read(file, onBytes);
    if (beginning.isWhole) over.abort();
    else await fetchNext();
  };
  const tryRanges = async (): Promise<void> => {
    try {
      await fetchNext();
    } catch (error) {
      // The first answer has everything.
      if (beginning.isLimited) throw error;
    }
  };
  const others = Array.from({ length: pace.most - 2 }, async () => {
    if (await beginning.limited) await fetchNext();
  });
  const lanes = [begin(), tryRanges(), ...others];
  for (const lane of lanes) lane.catch((error) => over.abort(error));
  await Promise.allSettled(lanes);
  first.destroy();
  if (!beginning.isWhole) either.throwIfAborted();
}

/** All but the first one. Each is taken once, by whichever lane comes first. */
function* rangesOf(size: number): Generator<ObjectRange> {
  for (let start = limits.storePartBytes; start < size; start += limits.storePartBytes)
    yield { start, end: Math.min(size, start + limits.storePartBytes) };
}

function strongTag(etag: string | undefined): string | null {
  return etag?.startsWith('"') ? etag : null;
}

function settledTime({ date = '', 'last-modified': changed = '' }: HttpAnswer['headers']): string | null {
  return Date.parse(date) - Date.parse(changed) >= settledMs ? changed : null;
}

/** What is wrong with an answer; null: nothing. */
function problemOf(
  answer: HttpAnswer,
  first: HttpAnswer,
  { start, end }: ObjectRange,
  { size }: Ranged,
): Error | null {
  const { statusCode = 0, headers } = answer;
  if (statusCode === 429 || statusCode === 503)
    return new StoreError('busy', `the server answered ${statusCode}`);
  if (statusCode >= 500) return new StoreError('broken', `the server answered ${statusCode}`);
  if (statusCode !== 206) return new NoRanges(`the server answered ${statusCode} to a range`);
  if (headers['content-range'] !== `bytes ${start}-${end - 1}/${size}`)
    return new NoRanges('the server sent another range');
  const { etag, 'last-modified': changed } = first.headers;
  const isOther =
    (strongTag(etag) !== null && headers.etag !== etag) ||
    (headers['last-modified'] !== undefined && headers['last-modified'] !== changed);
  return isOther ? new NoRanges('the file has changed') : null;
}

/** Writes exactly a range. What follows it in the answer is left there. */
async function keep(
  answer: HttpAnswer,
  { start, end }: ObjectRange,
  file: FileHandle,
  onBytes: (bytes: number) => void,
): Promise<void> {
  let at = start;
  try {
    for await (const piece of answer as AsyncIterable<Buffer>) {
      const bytes = piece.subarray(0, end - at);
      onBytes(bytes.length);
      await writeAt(file, bytes, at);
      at += bytes.length;
      if (at === end) break;
    }
  } catch (cause) {
    throw answer.errored === null ? cause : connectionFailed(cause);
  }
  if (at !== end) throw new NoRanges(`the server sent ${at - start} bytes of ${end - start}`);
}
