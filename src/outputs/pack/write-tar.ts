import { closeSync } from 'node:fs';
import { limits } from '../../base/limits.ts';
import type { BytePath } from '../find/byte-path.ts';
import type { Member } from '../find/member.ts';
import { openMember } from '../find/read-file.ts';
import { type MemberReader, memberReader } from '../member-reader.ts';
import { readingReason } from '../reasons.ts';
import type { Saving } from '../saving.ts';
import type { Skipped } from '../skipped.ts';
import type { PackedStream } from './packed-stream.ts';
import { tarBlockBytes, tarHeader } from './tar-header.ts';

/** Archives end with two empty blocks, padded to a whole record of twenty (POSIX.1, pax). */
const recordBytes = 20 * tarBlockBytes;

/** What writing a tar needs besides the members. */
export interface TarOptions {
  readonly stream: PackedStream;
  readonly skipped: Skipped;
  readonly saving: Saving;
}

/**
 * Writes members as a tar. A file that cannot be opened is skipped; one that shrinks while it is read is padded with
 * zeros, as GNU tar does, and listed as skipped.
 * @throws Stopped, NotSaved
 */
export async function writeTar(members: Iterable<Member | null>, tar: TarOptions): Promise<void> {
  const { stream, saving } = tar;
  const known = new Map<string, BytePath>();
  let length = 0;
  for (const member of members) {
    if (stream.mustYield) await stream.throttle();
    if (member === null) continue;
    const original = member.identity === null ? null : (known.get(member.identity) ?? null);
    const put = await putMember(member, original, tar);
    if (put === null) continue;
    length += put;
    if (member.kind === 'file') saving.countFile();
    if (member.identity !== null && original === null) known.set(member.identity, member.name);
  }
  await stream.putZeros(2 * tarBlockBytes + padding(length + 2 * tarBlockBytes, recordBytes));
}

/** @returns the number of bytes written; null if the member is skipped */
async function putMember(member: Member, original: BytePath | null, tar: TarOptions): Promise<number | null> {
  if (member.size === 0 || original !== null) return putHeader(member, original, tar.stream);
  if (member.content !== null) return putContent(member, member.content, tar.stream);
  const file = open(member, tar.skipped);
  if (file === null) return null;
  try {
    return await putFile(member, file, tar);
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

/** @returns the number of bytes written */
async function putContent(member: Member, content: Buffer, stream: PackedStream): Promise<number> {
  const header = putHeader(member, null, stream);
  const fill = padding(content.length, tarBlockBytes);
  stream.put(content);
  await stream.putZeros(fill);
  return header + content.length + fill;
}

/** @returns the number of bytes written */
async function putFile(
  member: Member,
  file: number,
  { stream, skipped, saving }: TarOptions,
): Promise<number> {
  const header = putHeader(member, null, stream);
  const reader = memberReader(file, member);
  let left = member.size;
  while (left > 0) {
    const hole = Math.min(reader.hole(), limits.holeBytes);
    if (hole > 0) await stream.putZeros(hole);
    const read = hole > 0 ? 0 : readNext(member, reader, stream.room(), skipped);
    reader.skip(hole);
    stream.filled(read);
    saving.count(hole + read);
    left -= hole + read;
    if (hole + read === 0) break;
    if (stream.mustYield) await stream.throttle();
  }
  await stream.putZeros(left + padding(member.size, tarBlockBytes));
  return header + member.size + padding(member.size, tarBlockBytes);
}

function readNext(member: Member, reader: MemberReader, room: Buffer, skipped: Skipped): number {
  try {
    const read = reader.read(room);
    if (read === 0) skipped.add(member.path, 'it shrank while it was read: its end is padded with zeros');
    return read;
  } catch (error) {
    skipped.add(member.path, `${readingReason(error)}: its end is padded with zeros`);
    return 0;
  }
}

/** The number of bytes from `length` to the next multiple of `unit`. */
function padding(length: number, unit: number): number {
  return (unit - (length % unit)) % unit;
}
