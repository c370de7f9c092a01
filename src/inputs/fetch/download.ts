import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { errnoOf, Fault, messageOf } from '../../base/fault.ts';
import { hashOf } from '../../base/hash-of.ts';
import type { HttpAnswer } from '../../base/http-request.ts';
import { limits } from '../../base/limits.ts';
import { MinimumPace } from '../../base/minimum-pace.ts';
import { pause } from '../../base/timer.ts';
import { httpGet, ProxyError, type ProxyOf, Redirection } from '../../stores/http/http-get.ts';
import { tooLarge } from '../too-large.ts';
import { fetchRanges, type Ranged, type RangesContext, rangedBy } from './fetch-ranges.ts';
import { NoRanges } from './range-errors.ts';

/** The source of a file. */
export interface Download {
  /** http or https; may contain a user name and a password. */
  readonly url: string;
  /** The expected checksum, 64 hexadecimal digits; null = any. */
  readonly sha256: string | null;
  /** Headers for the server; null: those for the user and the password in the URL. */
  readonly credentials?: Readonly<Record<string, string>> | null;
}

/** A failure that a retry cannot fix. */
class Final extends Error {}

/**
 * Downloads a file over HTTP: in ranges, several at a time, if it is large and the server gives ranges of one and the same
 * content; else in one stream. Retries temporary failures (no connection, 5xx, 429, an interrupted transfer).
 *
 * @param maxBytes size limit in bytes
 * @param proxyOf returns the proxy for a URL
 * @throws Error with the reason, which contains neither the password nor the query of the URL
 */
export async function download(
  source: Download,
  place: string,
  maxBytes: number,
  proxyOf: ProxyOf = () => null,
): Promise<void> {
  const { origin, pathname } = new URL(source.url);
  const timeout = AbortSignal.timeout(limits.fetchMs);
  let mayUseRanges = true;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await downloadOnce(source, place, { maxBytes, timeout, proxyOf, mayUseRanges });
    } catch (cause) {
      if (cause instanceof NoRanges && mayUseRanges) {
        mayUseRanges = false;
        continue;
      }
      if (
        cause instanceof Final ||
        cause instanceof Redirection ||
        cause instanceof Fault ||
        (cause instanceof ProxyError && cause.permanent) ||
        timeout.aborted ||
        attempt >= limits.fetchAttempts
      )
        throw new Error(`${origin}${pathname}: ${reasonOf(cause)}`, { cause });
    }
    await pause(limits.fetchPauseMs * 2 ** (attempt - 1), new AbortController().signal);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return `not fetched within ${limits.fetchMs / 3_600_000} hours`;
  // One error per address of the host.
  if (error instanceof AggregateError) return messageOf(error.errors[0]);
  if (errnoOf(error) === 'ECONNRESET') return 'the connection was closed before the transfer was complete';
  // OpenSSL's own message is a line of numbers, names and one reason.
  const [, reason = null] = /:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/.exec(messageOf(error)) ?? [];
  if (reason !== null) return `TLS failed: ${reason}`;
  // Node's advice after the semicolon is for people who run node themselves.
  return messageOf(error).replace(/; if the root CA .*/, '');
}

interface Bounds {
  /** Bytes. */
  readonly maxBytes: number;
  /** Ends all attempts. */
  readonly timeout: AbortSignal;
  readonly proxyOf: ProxyOf;
  readonly mayUseRanges: boolean;
}

async function downloadOnce(
  { url, sha256, credentials }: Download,
  place: string,
  bounds: Bounds,
): Promise<void> {
  const { maxBytes, timeout, proxyOf, mayUseRanges } = bounds;
  const pace = new MinimumPace(timeout);
  const own = credentials == null ? {} : { credentials };
  try {
    const response = await httpGet(url, pace.signal, proxyOf, own);
    pace.started();
    // A part of the file (206) or no content (204) is not the file.
    const { statusCode = 0 } = response;
    if (statusCode !== 200) {
      response.destroy();
      const mayPass = statusCode >= 500 || statusCode === 429;
      throw new (mayPass ? Error : Final)(`the server answered ${statusCode}`);
    }
    const ranged = mayUseRanges ? rangedBy(response) : null;
    const ask: RangesContext['ask'] = (headers, signal) =>
      // A range that is silent is asked for again, long before the whole transfer counts as silent.
      httpGet(url, signal, proxyOf, { ...own, headers: { ...headers }, idleMs: limits.fetchSilenceMs / 2 });
    const onBytes = (bytes: number) => pace.received(bytes);
    const found = await (ranged === null
      ? keep(response, { place, maxBytes }, onBytes)
      : keepRanges(response, ranged, { place, maxBytes }, { ask, onBytes, signal: pace.signal })
    ).catch((cause) => {
      throw pace.signal.aborted ? pace.signal.reason : cause;
    });
    if (sha256 !== null && found !== sha256.toLowerCase())
      throw new Final(`its SHA-256 is ${found}, not ${sha256.toLowerCase()}`);
  } finally {
    pace.end();
  }
}

/** @returns as below */
async function keepRanges(
  response: HttpAnswer,
  ranged: Ranged,
  { place, maxBytes }: { readonly place: string; readonly maxBytes: number },
  context: RangesContext,
): Promise<string> {
  if (ranged.size > maxBytes) {
    response.destroy();
    throw new Final(tooLarge(maxBytes));
  }
  const file = await open(place, 'w+');
  try {
    await fetchRanges(response, ranged, file, context);
    return await hashOf(file, ranged.size);
  } finally {
    await file.close();
  }
}

/** @returns the SHA-256 of the bytes, hexadecimal */
async function keep(
  response: HttpAnswer,
  { place, maxBytes }: { readonly place: string; readonly maxBytes: number },
  onBytes: (bytes: number) => void,
): Promise<string> {
  const hash = createHash('sha256');
  let length = 0;
  const file = await open(place, 'w');
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      onBytes(piece.length);
      length += piece.length;
      if (length > maxBytes) throw new Final(tooLarge(maxBytes));
      hash.update(piece);
      await file.writeFile(piece);
    }
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}
