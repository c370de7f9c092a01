import { isUtf8 } from 'node:buffer';
import type { BytePath } from '../find/byte-path.ts';

/** One member of a ZIP file (PKWARE's APPNOTE.TXT; times as in Info-ZIP's extra field 0x5455). */
export interface ZipEntry {
  readonly name: BytePath;
  /** `st_mode`, kind and permissions. */
  readonly mode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly deflated: boolean;
  readonly checksum: number;
  readonly packedBytes: number;
  readonly bytes: number;
  /** Offset of its local header. */
  readonly offset: number;
  /** Checksum and lengths follow the bytes instead of preceding them. */
  readonly streamed: boolean;
  /** The lengths that follow the bytes take 8 bytes each. */
  readonly large: boolean;
}

const largest = 0xffffffff;
const flagStreamed = 1 << 3;
const flagUtf8 = 1 << 11;
const plainVersion = 20;
const zip64Version = 45;
const madeOnUnix = (3 << 8) | zip64Version;

/** The record before a member's bytes. */
export function localHeader(entry: ZipEntry): Buffer {
  // A large streamed member must announce 8-byte lengths here; the lengths are not known yet.
  const extra = Buffer.concat([timeField(entry.mtime), entry.large ? zip64Field([0, 0]) : empty]);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  putCommon(header, 4, entry);
  if (!entry.streamed) putLengths(header, 14, entry);
  if (entry.large) header.fill(0xff, 18, 26);
  header.writeUInt16LE(entry.name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, Buffer.from(entry.name, 'latin1'), extra]);
}

/** The record after the bytes of a streamed member. */
export function dataDescriptor(entry: ZipEntry): Buffer {
  const descriptor = Buffer.alloc(entry.large ? 24 : 16);
  descriptor.writeUInt32LE(0x08074b50, 0);
  if (!entry.large) {
    putLengths(descriptor, 4, entry);
    return descriptor;
  }
  descriptor.writeUInt32LE(entry.checksum, 4);
  descriptor.writeBigUInt64LE(BigInt(entry.packedBytes), 8);
  descriptor.writeBigUInt64LE(BigInt(entry.bytes), 16);
  return descriptor;
}

/** A member's record in the central directory. */
export function directoryRecord(entry: ZipEntry): Buffer {
  const wide = [entry.bytes, entry.packedBytes, entry.offset].some((value) => value >= largest);
  const zip64 = wide ? zip64Field([entry.bytes, entry.packedBytes, entry.offset]) : empty;
  const extra = Buffer.concat([timeField(entry.mtime), zip64]);
  const record = Buffer.alloc(46);
  record.writeUInt32LE(0x02014b50, 0);
  record.writeUInt16LE(madeOnUnix, 4);
  putCommon(record, 6, entry);
  putLengths(record, 16, entry);
  if (wide) record.fill(0xff, 20, 28);
  record.writeUInt16LE(entry.name.length, 28);
  record.writeUInt16LE(extra.length, 30);
  const isDirectory = entry.name.endsWith('/') ? 0x10 : 0;
  record.writeUInt32LE(((entry.mode << 16) | isDirectory) >>> 0, 38);
  record.writeUInt32LE(wide ? largest : entry.offset, 42);
  return Buffer.concat([record, Buffer.from(entry.name, 'latin1'), extra]);
}

/** The end of the file. */
export function endOfDirectory(count: number, offset: number, bytes: number): Buffer {
  const wide = count >= 0xffff || offset >= largest || bytes >= largest;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(wide ? 0xffff : count, 8);
  end.writeUInt16LE(wide ? 0xffff : count, 10);
  end.writeUInt32LE(wide ? largest : bytes, 12);
  end.writeUInt32LE(wide ? largest : offset, 16);
  return wide ? Buffer.concat([zip64End(count, offset, bytes), end]) : end;
}

function zip64End(count: number, offset: number, bytes: number): Buffer {
  const end = Buffer.alloc(56 + 20);
  end.writeUInt32LE(0x06064b50, 0);
  end.writeBigUInt64LE(44n, 4);
  end.writeUInt16LE(madeOnUnix, 12);
  end.writeUInt16LE(zip64Version, 14);
  end.writeBigUInt64LE(BigInt(count), 24);
  end.writeBigUInt64LE(BigInt(count), 32);
  end.writeBigUInt64LE(BigInt(bytes), 40);
  end.writeBigUInt64LE(BigInt(offset), 48);
  end.writeUInt32LE(0x07064b50, 56);
  end.writeBigUInt64LE(BigInt(offset + bytes), 64);
  end.writeUInt32LE(1, 72);
  return end;
}

const empty = Buffer.alloc(0);

/** Version needed, flags, method, and the DOS time in UTC, so that the time zone does not change the archive. */
function putCommon(to: Buffer, at: number, entry: ZipEntry): void {
  const utf8 = isUtf8(Buffer.from(entry.name, 'latin1')) ? flagUtf8 : 0;
  to.writeUInt16LE(entry.large ? zip64Version : plainVersion, at);
  to.writeUInt16LE((entry.streamed ? flagStreamed : 0) | utf8, at + 2);
  to.writeUInt16LE(entry.deflated ? 8 : 0, at + 4);
  const first = Date.UTC(1980) / 1000;
  const last = Date.UTC(2107, 11, 31, 23, 59, 58) / 1000;
  const time = new Date(Math.min(Math.max(entry.mtime, first), last) * 1000);
  to.writeUInt16LE(
    (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1),
    at + 6,
  );
  to.writeUInt16LE(
    ((time.getUTCFullYear() - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate(),
    at + 8,
  );
}

function putLengths(to: Buffer, at: number, { checksum, packedBytes, bytes }: ZipEntry): void {
  to.writeUInt32LE(checksum, at);
  to.writeUInt32LE(Math.min(packedBytes, largest), at + 4);
  to.writeUInt32LE(Math.min(bytes, largest), at + 8);
}

function timeField(mtime: number): Buffer {
  const field = Buffer.alloc(9);
  field.writeUInt16LE(0x5455, 0);
  field.writeUInt16LE(5, 2);
  field.writeUInt8(1, 4);
  field.writeInt32LE(Math.min(Math.max(mtime, -(2 ** 31)), 2 ** 31 - 1), 5);
  return field;
}

function zip64Field(values: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * values.length, 2);
  for (const [index, value] of values.entries()) field.writeBigUInt64LE(BigInt(value), 4 + 8 * index);
  return field;
}
