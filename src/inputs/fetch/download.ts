import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { errnoOf, Fault, messageOf } from '../../base/fault.ts';
import type { HttpAnswer } from '../../base/http-request.ts';
import { limits } from '../../base/limits.ts';
import { pause } from '../../base/timer.ts';
import { httpGet, ProxyError, type ProxyOf, Redirection } from '../../stores/http/http-get.ts';
import { tooLarge } from '../too-large.ts';

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
 * Downloads a file over HTTP. Retries temporary failures (no connection, 5xx, 429, an interrupted transfer).
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
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await downloadOnce(source, place, { maxBytes, timeout, proxyOf });
    } catch (cause) {
      if (
        cause instanceof Final ||
        cause instanceof Redirection ||
        cause instanceof Fault ||
        (cause instanceof ProxyError && cause.permanent) ||
        timeout.aborted ||
        attempt === limits.fetchAttempts
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
}

async function downloadOnce(
  { url, sha256, credentials }: Download,
  place: string,
  bounds: Bounds,
): Promise<void> {
  const { maxBytes, timeout, proxyOf } = bounds;
  const pace = new Pace(timeout);
  try {
    const response = await httpGet(url, pace.signal, proxyOf, credentials == null ? {} : { credentials });
    pace.started();
    // A part of the file (206) or no content (204) is not the file.
    const { statusCode = 0 } = response;
    if (statusCode !== 200) {
      response.destroy();
      const mayPass = statusCode >= 500 || statusCode === 429;
      throw new (mayPass ? Error : Final)(`the server answered ${statusCode}`);
    }
    const found = await keep(response, { place, maxBytes }, (bytes) => pace.received(bytes)).catch(
      (cause) => {
        throw pace.signal.aborted ? pace.signal.reason : cause;
      },
    );
    if (sha256 !== null && found !== sha256.toLowerCase())
      throw new Final(`its SHA-256 is ${found}, not ${sha256.toLowerCase()}`);
  } finally {
    pace.end();
  }
}

/** Aborts a request if the server sends nothing, is too slow, or takes too long in total. */
class Pace {
  readonly #slow = new AbortController();
  readonly #timer = setInterval(() => this.#check(), limits.fetchSilenceMs);
  readonly signal: AbortSignal;
  #bytes: number | null = null;

  constructor(timeout: AbortSignal) {
    this.signal = AbortSignal.any([this.#slow.signal, timeout]);
  }

  /** The server has started to respond. */
  started(): void {
    this.#bytes = 0;
    this.#timer.refresh();
  }

  received(bytes: number): void {
    this.#bytes = (this.#bytes ?? 0) + bytes;
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #check(): void {
    const seconds = limits.fetchSilenceMs / 1000;
    if (this.#bytes === null || this.#bytes === 0) this.#slow.abort(new Error(`no data for ${seconds} s`));
    else if (this.#bytes < limits.fetchMinBytes)
      this.#slow.abort(new Error(`too slow: only ${this.#bytes} bytes in ${seconds} s`));
    this.#bytes = 0;
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
