import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { errnoOf, Fault, messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { pause } from '../../base/timer.ts';
import { tooLarge } from '../too-large.ts';
import { httpGet, type ProxyOf, ProxyTrouble, Redirection } from './http-get.ts';

/** Where a file is to be had. */
export interface Download {
  /** http or https; may hold a user and a password. */
  readonly url: string;
  /** What its bytes must be, 64 hexadecimal digits; null = anything. */
  readonly sha256: string | null;
}

/** What asking again cannot make better. */
class Final extends Error {}

/**
 * Gets a file over HTTP. A failure that may pass (no connection, 5xx, 429, a broken transfer) is tried again.
 * @param most bytes that it may have
 * @param proxyOf tells the proxy that an address is asked for through
 * @throws Error with the reason; it names neither the password nor the query of the address
 */
export async function download(
  source: Download,
  place: string,
  most: number,
  proxyOf: ProxyOf = () => null,
): Promise<void> {
  const { origin, pathname } = new URL(source.url);
  const over = AbortSignal.timeout(limits.fetchMs);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await downloadOnce(source, place, { most, over, proxyOf });
    } catch (cause) {
      if (
        cause instanceof Final ||
        cause instanceof Redirection ||
        cause instanceof Fault ||
        isRefusal(cause) ||
        over.aborted ||
        attempt === limits.fetchAttempts
      )
        throw new Error(`${origin}${pathname}: ${reasonOf(cause)}`, { cause });
    }
    await pause(limits.fetchPauseMs * 2 ** (attempt - 1), new AbortController().signal);
  }
}

/** A proxy's own answer, as far as it stays the same. */
function isRefusal(error: unknown): boolean {
  return error instanceof ProxyTrouble && error.status !== null && error.status < 500;
}

function reasonOf(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return `not had within ${limits.fetchMs / 3_600_000} hours`;
  // One error an address of the host.
  if (error instanceof AggregateError) return messageOf(error.errors[0]);
  if (errnoOf(error) === 'ECONNRESET') return 'the connection was closed before all was there';
  // OpenSSL's own message is a line of numbers, names and one reason.
  const [, reason = null] = /:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/.exec(messageOf(error)) ?? [];
  if (reason !== null) return `no TLS: ${reason}`;
  // Node's advice after the semicolon is for who starts node.
  return messageOf(error).replace(/; if the root CA .*/, '');
}

interface Bounds {
  /** Bytes. */
  readonly most: number;
  /** Ends all attempts. */
  readonly over: AbortSignal;
  readonly proxyOf: ProxyOf;
}

async function downloadOnce({ url, sha256 }: Download, place: string, bounds: Bounds): Promise<void> {
  const { most, over, proxyOf } = bounds;
  const pace = new Pace(over);
  try {
    const response = await httpGet(url, pace.signal, proxyOf);
    pace.answered();
    // A part of the file (206), or no content (204), is not the file.
    const { statusCode = 0 } = response;
    if (statusCode !== 200) {
      response.destroy();
      const mayPass = statusCode >= 500 || statusCode === 429;
      throw new (mayPass ? Error : Final)(`the server answered ${statusCode}`);
    }
    const found = await keep(response, { place, most }, (bytes) => pace.came(bytes)).catch((cause) => {
      throw pace.signal.aborted ? pace.signal.reason : cause;
    });
    if (sha256 !== null && found !== sha256.toLowerCase())
      throw new Final(`its SHA-256 is ${found}, not ${sha256.toLowerCase()}`);
  } finally {
    pace.end();
  }
}

/** Ends an exchange with a server that is silent, or too slow, or takes too long in all. */
class Pace {
  readonly #slow = new AbortController();
  readonly #timer = setInterval(() => this.#look(), limits.fetchSilenceMs);
  readonly signal: AbortSignal;
  #bytes: number | null = null;

  constructor(over: AbortSignal) {
    this.signal = AbortSignal.any([this.#slow.signal, over]);
  }

  /** The server has begun to answer. */
  answered(): void {
    this.#bytes = 0;
    this.#timer.refresh();
  }

  came(bytes: number): void {
    this.#bytes = (this.#bytes ?? 0) + bytes;
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const seconds = limits.fetchSilenceMs / 1000;
    if (this.#bytes === null || this.#bytes === 0) this.#slow.abort(new Error(`silent for ${seconds} s`));
    else if (this.#bytes < limits.fetchLeastBytes)
      this.#slow.abort(new Error(`too slow: only ${this.#bytes} bytes in ${seconds} s`));
    this.#bytes = 0;
  }
}

/** @returns the SHA-256 of the bytes, hexadecimal */
async function keep(
  response: IncomingMessage,
  { place, most }: { readonly place: string; readonly most: number },
  onBytes: (bytes: number) => void,
): Promise<string> {
  const hash = createHash('sha256');
  let length = 0;
  const file = await open(place, 'w');
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      onBytes(piece.length);
      length += piece.length;
      if (length > most) throw new Final(tooLarge(most));
      hash.update(piece);
      await file.writeFile(piece);
    }
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}
