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

/** What an input is unpacked as; `empty`: a tar of nothing. */
export type ArchiveKind = TarKind | 'zip' | 'empty';

const tarBlockBytes = 512;
/** tar(1) writes records of 20 blocks. */
const usualTarBytes = 20 * tarBlockBytes;
const magicBytes = 4;
/** What is behind the compressed bytes in gzip; in zstd it is less. */
const trailerBytes = 8;
/** Into how many steps the bytes of a small file are cut. */
const steps = 64;

/**
 * Tells what an input is by its first bytes.
 * @param wanted what the template says that it is; null = it may be anything
 * @returns null for a file that is not a tar, where nothing else was wanted
 * @throws Error when it is not the tar that was wanted
 */
export async function archiveKind(file: string, wanted: 'tar' | 'zip' | null): Promise<ArchiveKind | null> {
  if (wanted === 'zip') return 'zip';
  const first = beginningOf(file);
  const kind = packedAs(first.toString('hex', 0, magicBytes));
  try {
    const block = await beginning(unpacked(inSteps(file), kind), tarBlockBytes);
    if (isTarBlock(block)) return kind;
    if (isZero(block) && (await isEmptyTar(file, kind, wanted))) return 'empty';
  } catch (cause) {
    // What cannot even be decompressed is no archive; what cannot be read may be one.
    if (isOfSystem(cause)) throw cause;
    if (wanted !== null) throw new Error(`a broken archive: ${messageOf(cause)}`, { cause });
  }
  if (wanted === null) return null;
  throw new Error(foreignArchive(first, 'tar') ?? 'not a tar, neither plain nor compressed by gzip or zstd');
}

/** Of a call to the operating system; zlib's errors have a number too. */
function isOfSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

/** A tar's bytes, decompressed, and how many compressed ones were read for them so far. */
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

function packedAs(magic: string): TarKind {
  if (magic.startsWith('1f8b')) return 'gzip';
  // Some of zstd's tools begin with a frame that is to be skipped (RFC 8878, 3.1.2).
  return magic === '28b52ffd' || /^5.2a4d18$/.test(magic) ? 'zstd' : 'tar';
}

/**
 * A file's bytes, in steps if it is small: zlib gives nothing of a step in which it finds an error, so that one at the
 * end of a small archive would hide that it is one.
 */
function inSteps(file: string): Readable {
  const isSmall = statSync(file).size <= getDefaultHighWaterMark(false);
  return isSmall ? Readable.from(cut(readFileSync(file))) : createReadStream(file);
}

function* cut(bytes: Buffer): Generator<Buffer> {
  const step = Math.max(trailerBytes, Math.ceil(bytes.length / steps));
  const trailer = Math.max(0, bytes.length - trailerBytes);
  for (let at = 0; at < trailer; at += step) yield bytes.subarray(at, Math.min(at + step, trailer));
  yield bytes.subarray(trailer);
}

/** A file's first bytes: as many as tell what it is. */
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

/** A header whose checksum is right. */
function isTarBlock(block: Buffer): boolean {
  return block.length === tarBlockBytes && readHeader(block)?.cksumValid === true;
}

/**
 * Whether it is zeros alone, as many as a tar of nothing has. Where nobody says that it is one, it must be as long as
 * those that tar(1) makes, or, if it is compressed, at least no longer: zeros may be anything.
 */
async function isEmptyTar(file: string, kind: TarKind, wanted: 'tar' | null): Promise<boolean> {
  const most = wanted === null ? usualTarBytes : limits.emptyTarBytes;
  const zeros = await beginning(unpacked(inSteps(file), kind), most + 1);
  const isFit = zeros.length % tarBlockBytes === 0 && zeros.length >= 2 * tarBlockBytes;
  const isUsual = wanted !== null || kind !== 'tar' || zeros.length === usualTarBytes;
  return isFit && isUsual && zeros.length <= most && isZero(zeros);
}

function isZero(bytes: Buffer): boolean {
  return bytes.length > 0 && bytes.every((byte) => byte === 0);
}

/** Null where it holds a number beyond what node-tar reads: of any bytes at all, one block in a hundred does. */
function readHeader(block: Buffer): Header | null {
  try {
    return new Header(block);
  } catch {
    return null;
  }
}
