import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { Header } from 'tar';
import { sentenceOf } from '../base/fault.ts';

/** How a tar is compressed; `tar` = not at all. */
export type TarKind = 'tar' | 'gzip' | 'zstd';

const tarBlockBytes = 512;
const magicBytes = 4;

/**
 * Tells what an input is by its first bytes.
 * @param wanted what the template says that it is; null = it may be anything
 * @returns null for a file that is not a tar, where nothing else was wanted
 * @throws Error when it is not the tar that was wanted
 */
export async function archiveKind(
  file: string,
  wanted: 'tar' | 'zip' | null,
): Promise<TarKind | 'zip' | null> {
  if (wanted === 'zip') return 'zip';
  const magic = (await beginning(createReadStream(file), magicBytes)).toString('hex');
  const kind = magic.startsWith('1f8b') ? 'gzip' : magic === '28b52ffd' ? 'zstd' : 'tar';
  try {
    const block = await beginning(tarBytes(file, kind).bytes, tarBlockBytes);
    if (isTarBlock(block, wanted !== null)) return kind;
  } catch (cause) {
    // What cannot even be decompressed is no archive.
    if (wanted !== null) throw new Error(`a broken archive: ${sentenceOf(cause)}`, { cause });
  }
  if (wanted === null) return null;
  throw new Error('not a tar, neither plain nor compressed by gzip or zstd');
}

/** A tar's bytes, decompressed, and how many compressed ones were read for them so far. */
export function tarBytes(
  file: string,
  kind: TarKind,
): { readonly bytes: Readable; readonly packed: () => number } {
  const source = createReadStream(file);
  const packed = () => source.bytesRead;
  if (kind === 'tar') return { bytes: source, packed };
  const unpacked = kind === 'gzip' ? createGunzip() : createZstdDecompress();
  source.on('error', (error) => unpacked.destroy(error));
  unpacked.on('close', () => source.destroy());
  return { bytes: source.pipe(unpacked), packed };
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

/** A header whose checksum is right; an archive of nothing begins with zeros. */
function isTarBlock(block: Buffer, mayBeEmpty: boolean): boolean {
  if (block.length < tarBlockBytes) return false;
  const header = readHeader(block);
  return header !== null && (header.cksumValid || (mayBeEmpty && header.nullBlock));
}

/** Null where it holds a number beyond what node-tar reads: of any bytes at all, one block in a hundred does. */
function readHeader(block: Buffer): Header | null {
  try {
    return new Header(block);
  } catch {
    return null;
  }
}
