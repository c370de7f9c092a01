import { readSync } from 'node:fs';
import { limits } from '../../base/limits.ts';

/** A ZIP file within a file: the offset of its first byte, and the one after its last. */
export interface ZipWindow {
  readonly start: number;
  readonly end: number;
}

/** APPNOTE.TXT, 4.3: the end of the central directory, its first record, and the two zip64 records. */
const endSignature = 0x06054b50;
const directorySignature = 0x02014b50;
const locatorSignature = 0x07064b50;
const end64Signature = 0x06064b50;
const endBytes = 22;
const locatorBytes = 20;
const end64Bytes = 56;

/**
 * Finds the ZIP file in a file, as unzip does: it may follow a program (a self-extracting archive, whose offsets are
 * relative to the ZIP file or to the whole file), and anything may follow it.
 *
 * @returns null if none ends in the last 128 KiB
 */
export function findZip(file: number, size: number): ZipWindow | null {
  const first = Math.max(0, size - limits.zipTailBytes);
  const tail = bytesAt(file, first, size - first);
  let fallback: ZipWindow | null = null;
  for (let at = tail.length - endBytes; at >= 0; at -= 1) {
    if (tail[at] !== (endSignature & 0xff) || tail.readUInt32LE(at) !== endSignature) continue;
    const end = first + at + endBytes + tail.readUInt16LE(at + 20);
    if (end > size) continue;
    const start = startOf(file, first + at, tail.subarray(at, at + endBytes));
    if (start !== null) return { start, end };
    // The parser reports what is wrong with it.
    fallback ??= { start: 0, end };
  }
  return fallback;
}

/**
 * The offset that the archive's offsets are relative to; null if there is no directory at any of the possible places.
 */
function startOf(file: number, end: number, record: Buffer): number | null {
  const [locator, end64] = [end - locatorBytes, end - locatorBytes - end64Bytes];
  if (signatureAt(file, locator) === locatorSignature) {
    const recorded = Number(bytesAt(file, locator, locatorBytes).readBigUInt64LE(8));
    if (signatureAt(file, end64) === end64Signature && end64 >= recorded) return end64 - recorded;
    return signatureAt(file, recorded) === end64Signature ? 0 : null;
  }
  const [bytes, recorded] = [record.readUInt32LE(12), record.readUInt32LE(16)];
  // An empty archive.
  if (bytes === 0 && record.readUInt16LE(10) === 0) return 0;
  const found = end - bytes;
  if (signatureAt(file, found) === directorySignature && found >= recorded) return found - recorded;
  return signatureAt(file, recorded) === directorySignature ? 0 : null;
}

/** -1 if nothing is there. */
function signatureAt(file: number, position: number): number {
  if (position < 0 || !Number.isSafeInteger(position)) return -1;
  const bytes = bytesAt(file, position, 4);
  return bytes.length < 4 ? -1 : bytes.readUInt32LE(0);
}

function bytesAt(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const more = readSync(file, bytes, read, length - read, position + read);
    if (more === 0) break;
    read += more;
  }
  return bytes.subarray(0, read);
}
