import { closeSync } from 'node:fs';
import type { BytePath } from './byte-path.ts';
import type { Member } from './members.ts';
import type { PackedStream } from './packed-stream.ts';
import { openMember, readFull } from './read-file.ts';
import { readingReason } from './reasons.ts';
import type { Skipped } from './skipped.ts';
import { tarBlockBytes, tarHeader } from './tar-header.ts';

/** Archives end with two empty blocks, and are filled up to a whole record of twenty (POSIX.1, pax). */
const recordBytes = 20 * tarBlockBytes;

/**
 * Writes members as a tar. A file that cannot be opened is skipped; one that shrinks while it is read is filled up with
 * zeros, as GNU tar does, and named.
 */
export async function writeTar(
  members: Iterable<Member>,
  stream: PackedStream,
  skipped: Skipped,
): Promise<void> {
  const known = new Map<string, BytePath>();
  let length = 0;
  for (const member of members) {
    const original = member.identity === null ? null : (known.get(member.identity) ?? null);
    const put = await putMember(member, original, stream, skipped);
    if (put === null) continue;
    length += put;
    if (member.identity !== null && original === null) known.set(member.identity, member.name);
    if (stream.busy) await stream.relief();
  }
  stream.putZeros(2 * tarBlockBytes + padding(length + 2 * tarBlockBytes, recordBytes));
}

/** @returns the bytes put; null where it is skipped */
async function putMember(
  member: Member,
  original: BytePath | null,
  stream: PackedStream,
  skipped: Skipped,
): Promise<number | null> {
  if (member.size === 0 || original !== null) return putHeader(member, original, stream);
  if (member.content !== null) return putContent(member, member.content, stream);
  const file = open(member, skipped);
  if (file === null) return null;
  try {
    return await putFile(member, file, stream, skipped);
  } finally {
    closeSync(file);
  }
}

function open(member: Member, skipped: Skipped): number | null {
  try {
    return openMember(member.path);
  } catch (error) {
    skipped.add(member.path, readingReason(error));
    return null;
  }
}

function putHeader(member: Member, original: BytePath | null, stream: PackedStream): number {
  const header = tarHeader(member, original);
  stream.put(header);
  return header.length;
}

/** @returns the bytes put */
function putContent(member: Member, content: Buffer, stream: PackedStream): number {
  const header = putHeader(member, null, stream);
  const fill = padding(content.length, tarBlockBytes);
  stream.put(content);
  stream.putZeros(fill);
  return header + content.length + fill;
}

/** @returns the bytes put */
async function putFile(
  member: Member,
  file: number,
  stream: PackedStream,
  skipped: Skipped,
): Promise<number> {
  const header = putHeader(member, null, stream);
  let left = member.size;
  while (left > 0) {
    const room = stream.room().subarray(0, left);
    const read = readNext(member, file, room, skipped);
    stream.filled(read);
    left -= read;
    if (read < room.length) break;
    if (stream.busy) await stream.relief();
  }
  stream.putZeros(left + padding(member.size, tarBlockBytes));
  return header + member.size + padding(member.size, tarBlockBytes);
}

function readNext(member: Member, file: number, room: Buffer, skipped: Skipped): number {
  try {
    const read = readFull(file, room);
    if (read < room.length)
      skipped.add(member.path, 'it shrank while it was read: its end is filled with zeros');
    return read;
  } catch (error) {
    skipped.add(member.path, `${readingReason(error)}: its end is filled with zeros`);
    return 0;
  }
}

/** What is missing from `length` to a multiple of `unit`. */
function padding(length: number, unit: number): number {
  return (unit - (length % unit)) % unit;
}
