import { closeSync, createReadStream, openSync, readFileSync, statSync } from 'node:fs';
import { getDefaultHighWaterMark, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { Header } from 'tar';
import { messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { readUpTo } from '../../base/read-regular.ts';
import { foreignArchive } from './foreign-archive.ts';

/** How a tar is compressed; `tar` = not at all. */
export type TarKind = 'tar' | 'gzip' | 'zstd';

/** How an input is unpacked; `empty`: a tar without entries. */
export type ArchiveKind = TarKind | 'zip' | 'empty';

const tarBlockBytes = 512;
/** tar(1) writes records of 20 blocks. */
const defaultTarBytes = 20 * tarBlockBytes;
const magicBytes = 4;
/** Bytes after the compressed data in gzip; zstd has fewer. */
const trailerBytes = 8;
/** The number of chunks for a small file. */
const chunkCount = 64;

/**
 * Detects the type of an input from its first bytes.
 *
 * @param wanted the type in the template; null = any
 * @returns null if the file is not a tar and no type was required
 * @throws Error if it is not the required tar
 */
export async function archiveKind(file: string, wanted: 'tar' | 'zip' | null): Promise<ArchiveKind | null> {
  if (wanted === 'zip') return 'zip';
  const first = beginningOf(file);
  const kind = compressionOf(first.toString('hex', 0, magicBytes));
  try {
    const block = await beginning(unpacked(inChunks(file), kind), tarBlockBytes);
    if (isTarBlock(block)) return kind;
    if (isZero(block) && (await isEmptyTar(file, kind, wanted))) return 'empty';
  } catch (cause) {
    // A file that cannot be decompressed is not an archive; a file that cannot be read may be one.
    if (isOfSystem(cause)) throw cause;
    if (wanted !== null) throw new Error(`a broken archive: ${messageOf(cause)}`, { cause });
  }
  if (wanted === null) return null;
  throw new Error(
    foreignArchive(first, 'tar') ?? 'not a tar, neither plain nor compressed with gzip or zstd',
  );
}

/** Whether a system call failed; zlib's errors have a number too. */
function isOfSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

/** A tar's decompressed bytes, and a counter of the compressed bytes read so far. */
export function tarBytes(
  file: string,
  kind: TarKind,
): { readonly bytes: Readable; readonly packed: () => number } {
  const source = createReadStream(file);
  const packed = () => source.bytesRead;
  return { bytes: unpacked(source, kind), packed };
}

function unpacked(source: Readable, kind: TarKind): Readable {
  if (kind === 'tar') return source;
  const unpacker = kind === 'gzip' ? createGunzip() : createZstdDecompress();
  source.on('error', (error) => unpacker.destroy(error));
  unpacker.on('close', () => source.destroy());
  return source.pipe(unpacker);
}

function compressionOf(magic: string): TarKind {
  if (magic.startsWith('1f8b')) return 'gzip';
  // Some zstd tools start with a skippable frame (RFC 8878, 3.1.2).
  return magic === '28b52ffd' || /^5.2a4d18$/.test(magic) ? 'zstd' : 'tar';
}

/**
 * A file's bytes, in small chunks if it is small: zlib returns nothing of a chunk with an error, so an error at the
 * end of a small archive would hide that it is one.
 */
function inChunks(file: string): Readable {
  const isSmall = statSync(file).size <= getDefaultHighWaterMark(false);
  return isSmall ? Readable.from(cut(readFileSync(file))) : createReadStream(file);
}

function* cut(bytes: Buffer): Generator<Buffer> {
  const step = Math.max(trailerBytes, Math.ceil(bytes.length / chunkCount));
  const trailer = Math.max(0, bytes.length - trailerBytes);
  for (let at = 0; at < trailer; at += step) yield bytes.subarray(at, Math.min(at + step, trailer));
  yield bytes.subarray(trailer);
}

/** A file's first bytes, as many as are needed to detect its type. */
export function beginningOf(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    return readUpTo(file, tarBlockBytes);
  } finally {
    closeSync(file);
  }
}

async function beginning(stream: Readable, length: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let found = 0;
  for await (const piece of stream) {
    pieces.push(piece);
    found += piece.length;
    if (found >= length) break;
  }
  return Buffer.concat(pieces).subarray(0, length);
}

/** A header with a valid checksum. */
function isTarBlock(block: Buffer): boolean {
  return block.length === tarBlockBytes && readHeader(block)?.cksumValid === true;
}

/**
 * Whether a file is an empty tar: only zeros, of a length that such a tar has. If the template does not declare a
 * tar, it must be exactly as long as tar(1) makes it, or, if compressed, no longer: zeros may be anything.
 */
async function isEmptyTar(file: string, kind: TarKind, wanted: 'tar' | null): Promise<boolean> {
  const maxBytes = wanted === null ? defaultTarBytes : limits.emptyTarBytes;
  const zeros = await beginning(unpacked(inChunks(file), kind), maxBytes + 1);
  const isWholeBlocks = zeros.length % tarBlockBytes === 0 && zeros.length >= 2 * tarBlockBytes;
  const hasExpectedLength = wanted !== null || kind !== 'tar' || zeros.length === defaultTarBytes;
  return isWholeBlocks && hasExpectedLength && zeros.length <= maxBytes && isZero(zeros);
}

function isZero(bytes: Buffer): boolean {
  return bytes.length > 0 && bytes.every((byte) => byte === 0);
}

/** Null if it contains a number that node-tar cannot read: that is true for one in a hundred blocks of random bytes. */
function readHeader(block: Buffer): Header | null {
  try {
    return new Header(block);
  } catch {
    return null;
  }
}
