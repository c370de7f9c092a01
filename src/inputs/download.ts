import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { sentenceOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { pause } from '../base/timer.ts';
import { tooLarge } from './too-large.ts';

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
 * @throws Error with the reason; it names neither the password nor the query of the address
 */
export async function download(source: Download, place: string, most: number): Promise<void> {
  const { origin, pathname } = new URL(source.url);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await downloadOnce(source, place, most);
    } catch (cause) {
      if (cause instanceof Final || attempt === limits.fetchAttempts)
        throw new Error(`${origin}${pathname}: ${reasonOf(cause)}`, { cause });
    }
    await pause(limits.fetchPauseMs * 2 ** (attempt - 1), new AbortController().signal);
  }
}

/** `fetch failed` alone tells nothing: its cause does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof TypeError) || error.cause === undefined) return sentenceOf(error);
  const cause = error.cause instanceof AggregateError ? error.cause.errors[0] : error.cause;
  // OpenSSL's own message is a line of numbers and file names; it keeps the words apart.
  if (cause instanceof Error && 'reason' in cause && 'library' in cause) return `no TLS: ${cause.reason}`;
  // Node's advice after the semicolon is for who starts node.
  return sentenceOf(cause).replace(/; if the root CA .*/, '');
}

async function downloadOnce({ url, sha256 }: Download, place: string, most: number): Promise<void> {
  const silence = new AbortController();
  const seconds = limits.fetchSilenceMs / 1000;
  const timer = setTimeout(() => silence.abort(new Error(`silent for ${seconds} s`)), limits.fetchSilenceMs);
  try {
    const response = await request(url, silence.signal);
    // A part of the file (206), or no content (204), is not the file.
    if (response.status !== 200) {
      await response.body?.cancel();
      const mayPass = response.status >= 500 || response.status === 429;
      throw new (mayPass ? Error : Final)(`the server answered ${response.status}`);
    }
    const found = await keep(response, { place, most }, () => timer.refresh());
    if (sha256 !== null && found !== sha256.toLowerCase())
      throw new Final(`its SHA-256 is ${found}, not ${sha256.toLowerCase()}`);
  } finally {
    clearTimeout(timer);
  }
}

/** A user and password in the address are sent as the header that they mean, which fetch does not do by itself. */
function request(address: string, signal: AbortSignal): Promise<Response> {
  const url = new URL(address);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  const words = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  // The file as it is kept there, of which the checksum is known: fetch asks for it compressed by itself.
  const plain = { 'accept-encoding': 'identity' };
  const headers = username === '' ? plain : { ...plain, authorization: `Basic ${words.toString('base64')}` };
  return fetch(url, { signal, headers });
}

/** @returns the SHA-256 of the bytes, hexadecimal */
async function keep(
  response: Response,
  { place, most }: { readonly place: string; readonly most: number },
  onBytes: () => void,
): Promise<string> {
  const hash = createHash('sha256');
  let length = 0;
  const file = await open(place, 'w');
  try {
    for await (const piece of response.body ?? []) {
      onBytes();
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
