import type { FileHandle } from 'node:fs/promises';
import { messageOf } from '../../base/fault.ts';
import type { HttpAnswer } from '../../base/http-request.ts';
import { limits } from '../../base/limits.ts';
import { writeAt } from '../../base/write-at.ts';
import { ProxyError, Redirection } from '../../stores/http/http-get.ts';
import { type ObjectRange, StoreError } from '../../stores/object-store.ts';
import { Pace } from '../../stores/pace.ts';

/** A file that a server gives in ranges. */
export interface Ranged {
  /** Bytes. */
  readonly size: number;
  /** For `If-Range`: the server sends a range only of the same content. */
  readonly validator: string;
}

/** The server does not give ranges as it said, or its file has changed: what was written is not the file. */
export class NoRanges extends Error {}

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
 * a time. That answer waits there until the server has answered for the first range, and is read to its end if it gives none:
 * a link may be good for one request only.
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

/** The answer to the first request, of which it turns out only later how much is wanted. */
class Beginning {
  readonly #answer: HttpAnswer;
  readonly #size: number;
  readonly #limited = Promise.withResolvers<boolean>();
  /** Resolved when a range was answered in any way. */
  readonly #answered = Promise.withResolvers<void>();
  #end: number;
  #at = 0;

  constructor(answer: HttpAnswer, size: number) {
    this.#answer = answer;
    this.#size = size;
    this.#end = size;
  }

  /** Resolves when it is known whether ranges give the rest. */
  get limited(): Promise<boolean> {
    return this.#limited.promise;
  }

  get isLimited(): boolean {
    return this.#end < this.#size;
  }

  /** It was read to its end. */
  get isWhole(): boolean {
    return this.#at === this.#size;
  }

  /** No more than this many bytes are wanted. */
  limit(end: number): void {
    this.#end = end;
    // It may be waiting for bytes that are not wanted any more.
    if (this.#at >= end && !this.isWhole) this.#answer.destroy();
    this.#limited.resolve(true);
    this.goOn();
  }

  /** It is not known whether the server gives ranges: nothing is to be waited for. */
  goOn(): void {
    this.#answered.resolve();
  }

  /** Writes it to the file, as far as it is wanted. */
  async read(file: FileHandle, onBytes: (bytes: number) => void): Promise<void> {
    try {
      for await (const piece of this.#answer as AsyncIterable<Buffer>) {
        const bytes = piece.subarray(0, this.#size - this.#at);
        onBytes(bytes.length);
        await writeAt(file, bytes, this.#at);
        this.#at += bytes.length;
        if (this.#at >= limits.storePartBytes) await this.#answered.promise;
        if (this.#at >= this.#end) break;
      }
    } catch (cause) {
      if (this.#at < this.#end) throw this.#answer.errored === null ? cause : connectionFailed(cause);
    } finally {
      this.#limited.resolve(false);
    }
    if (this.#at < this.#end) throw new NoRanges(`the server sent ${this.#at} bytes of ${this.#size}`);
  }
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

/** It may work the next time, unless the way is wrong. */
function connectionFailed(cause: unknown): unknown {
  if (cause instanceof Redirection || (cause instanceof ProxyError && cause.permanent)) return cause;
  return new StoreError('broken', messageOf(cause), { cause });
}
