import { createHash } from 'node:crypto';
import type { HttpAnswer } from '../../base/http-request.ts';
import { refusedBy } from './http-error.ts';

/** What was put. */
export interface Put {
  /** Bytes. */
  readonly length: number;
  /** SHA-256, 64 hexadecimal digits; null: not known beforehand. */
  readonly sha256: string | null;
  /** Where they are in memory. */
  readonly bytes: Buffer | null;
}

/** Whether a server that took an object proves that it has read all of it: it tells a digest of what it got. */
export function isProven({ headers }: HttpAnswer, put: Put): boolean {
  const digest = digestIn(headers);
  if (digest !== null) return digest === put.sha256;
  const found = [md5In(headers), /^"([0-9a-f]{32})"$/.exec(headers.etag ?? '')?.[1]];
  return put.bytes !== null && found.includes(createHash('md5').update(put.bytes).digest('hex'));
}

/**
 * Compares what was put with what the server tells of it. A server that does not answer to HEAD is believed: an address that was
 * signed for PUT is good for nothing else.
 *
 * @param answer to a HEAD
 * @returns a clause if it has less, something else or nothing; else null
 * @throws StoreError `busy` or `broken` if it may tell later
 */
export function lossIn(answer: HttpAnswer, put: Put): string | null {
  const { statusCode = 0, headers } = answer;
  if ([408, 429, 502, 503, 504].includes(statusCode)) throw refusedBy(answer);
  if (statusCode === 404 || statusCode === 410) return `does not have it (${statusCode})`;
  if (statusCode !== 200 || headers['content-encoding'] !== undefined) return null;
  const { 'content-length': length } = headers;
  if (length !== undefined && Number(length) !== put.length) return `has ${length} bytes of ${put.length}`;
  return isOther(headers, put) ? 'has other bytes' : null;
}

/** An ETag is no evidence of that: it need not be the MD5. */
function isOther(headers: HttpAnswer['headers'], { sha256, bytes }: Put): boolean {
  const [digest, md5] = [digestIn(headers), md5In(headers)];
  if (digest !== null && sha256 !== null) return digest !== sha256;
  return md5 !== null && bytes !== null && md5 !== createHash('md5').update(bytes).digest('hex');
}

/** The SHA-256 that a server tells of a file (RFC 9530), 64 hexadecimal digits; null: none. */
export function digestIn(headers: HttpAnswer['headers']): string | null {
  const [, digest] =
    /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):/.exec(String(headers['repr-digest'] ?? '')) ?? [];
  return digest === undefined ? null : Buffer.from(digest, 'base64').toString('hex');
}

function md5In(headers: HttpAnswer['headers']): string | null {
  const found = String(headers['content-md5'] ?? '');
  return /^[A-Za-z0-9+/]{22}==$/.test(found) ? Buffer.from(found, 'base64').toString('hex') : null;
}
