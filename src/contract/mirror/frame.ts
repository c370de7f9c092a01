import { crc32 } from 'node:zlib';
import { limits } from '../../base/limits.ts';

/**
 * The frames of a mirror's stream and their numbers. `src/contract/mirror/README.md` describes what each one holds. The
 * first group is sent by the sender, beside the volume, the second one by the receiver, beside the mirror.
 */
export const frameTypes = {
  ready: 1,
  begin: 2,
  open: 3,
  data: 4,
  hole: 5,
  file: 6,
  resume: 7,
  done: 8,
  removed: 9,
  life: 10,
  taken: 11,
  end: 12,
  released: 13,
  ping: 14,
  refused: 15,

  have: 32,
  start: 33,
  ack: 34,
  signal: 35,
  letGo: 36,
} as const;

/** The name of a frame. */
export type FrameType = keyof typeof frameTypes;

/** One frame. */
export interface Frame {
  readonly type: FrameType;
  /** The number of the file that it is about; 0 if there is none. */
  readonly file: number;
  /** An offset, a size or another number, as the type says. */
  readonly offset: number;
  /** A path as bytes, a name, or JSON. */
  readonly text: Buffer;
  /** Bytes of a file. */
  readonly bytes: Buffer;
}

/** What a frame is made of; what is left out is 0 or empty. */
export type FrameParts = Pick<Frame, 'type'> &
  Partial<Pick<Frame, 'file' | 'offset' | 'bytes'>> & { readonly text?: string | Buffer };

/** Bytes of a frame before its text. */
export const frameHeadBytes = 32;

const magic = 0x454d;
const version = 1;
const place = {
  magic: 0,
  version: 2,
  type: 3,
  sequence: 4,
  file: 8,
  text: 12,
  bytes: 16,
  check: 20,
  offset: 24,
};
const empty = Buffer.alloc(0);
const names = new Map<number, FrameType>(
  Object.entries(frameTypes).map(([name, number]) => [number, name as FrameType]),
);

/** @param sequence the number of this frame in its direction, from 0 */
export function encodeFrame(parts: FrameParts, sequence: number): readonly Buffer[] {
  const text = typeof parts.text === 'string' ? Buffer.from(parts.text) : (parts.text ?? empty);
  const bytes = parts.bytes ?? empty;
  const head = Buffer.alloc(frameHeadBytes);
  head.writeUInt16BE(magic, place.magic);
  head.writeUInt8(version, place.version);
  head.writeUInt8(frameTypes[parts.type], place.type);
  head.writeUInt32BE(sequence >>> 0, place.sequence);
  head.writeUInt32BE(parts.file ?? 0, place.file);
  head.writeUInt32BE(text.length, place.text);
  head.writeUInt32BE(bytes.length, place.bytes);
  head.writeBigUInt64BE(BigInt(parts.offset ?? 0), place.offset);
  head.writeUInt32BE(checksum(head, text, bytes), place.check);
  return [head, text, bytes];
}

/** The head of a frame whose text and bytes have still to come. */
export interface FrameHead {
  readonly type: FrameType;
  readonly sequence: number;
  readonly textLength: number;
  readonly bytesLength: number;
}

/** @returns null if this is not the head of a frame, or it is larger than a frame may be */
export function decodeHead(head: Buffer): FrameHead | null {
  const type = names.get(head.readUInt8(place.type));
  const textLength = head.readUInt32BE(place.text);
  const bytesLength = head.readUInt32BE(place.bytes);
  const isOurs = head.readUInt16BE(place.magic) === magic && head.readUInt8(place.version) === version;
  const fits = textLength <= limits.frameTextBytes && bytesLength <= limits.frameBytes;
  if (type === undefined || !isOurs || !fits) return null;
  return { type, sequence: head.readUInt32BE(place.sequence), textLength, bytesLength };
}

/** @param whole a complete frame that begins with this head @returns null if its checksum or its offset is wrong */
export function decodeFrame({ type, textLength }: FrameHead, whole: Buffer): Frame | null {
  const text = whole.subarray(frameHeadBytes, frameHeadBytes + textLength);
  const bytes = whole.subarray(frameHeadBytes + textLength);
  const head = Buffer.from(whole.subarray(0, frameHeadBytes));
  head.writeUInt32BE(0, place.check);
  const offset = Number(whole.readBigUInt64BE(place.offset));
  if (checksum(head, text, bytes) !== whole.readUInt32BE(place.check)) return null;
  return Number.isSafeInteger(offset)
    ? { type, file: whole.readUInt32BE(place.file), offset, text, bytes }
    : null;
}

/** Of the head with no checksum in it, and of what follows. */
function checksum(head: Buffer, text: Buffer, bytes: Buffer): number {
  return crc32(bytes, crc32(text, crc32(head)));
}
