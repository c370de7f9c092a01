import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { limits } from '../../base/limits.ts';

type Unpack = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Buffer;

/** Content codings (RFC 9110, 8.4.1; RFC 7932; RFC 8878). */
const codings: Readonly<Record<string, Unpack>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  // Some servers omit the zlib header.
  deflate: (bytes, options) => (isZlib(bytes) ? inflateSync(bytes, options) : inflateRawSync(bytes, options)),
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
  identity: (bytes) => bytes,
};

/**
 * The text of a response body: decompressed if a server or proxy compressed it unasked, and without a byte order mark. A
 * body that cannot be decompressed, or is too large then, is returned as it came.
 *
 * @param encoding the header `Content-Encoding`
 */
export function decodeBody(body: Buffer, encoding: string): string {
  const names = encoding
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((name) => name !== '');
  return unpacked(body, names.reverse())
    .toString()
    .replace(/^\uFEFF/, '');
}

function unpacked(body: Buffer, names: readonly string[]): Buffer {
  // More than two codings are not plausible, and each takes memory.
  if (names.length > 2) return body;
  try {
    return names.reduce(
      (bytes, name) => codings[name]?.(bytes, { maxOutputLength: limits.answerBytes }) ?? bytes,
      body,
    );
  } catch {
    return body; // Not compressed as declared: treated like any other body.
  }
}

/** RFC 1950: the method is 8, and the first two bytes are a multiple of 31. */
function isZlib(bytes: Buffer): boolean {
  return bytes.length >= 2 && ((bytes[0] ?? 0) & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
}
