import type { MemberReader } from '../member-reader.ts';
import { readingReason } from '../reasons.ts';
import type { Skipped } from '../skipped.ts';
import type { Member } from './member.ts';

/** Skips this many bytes of a hole. @returns false, without skipping, if the hole is shorter */
export function passHole(reader: MemberReader, bytes: number): boolean {
  if (reader.hole() < bytes) return false;
  reader.skip(bytes);
  return true;
}

/**
 * The next bytes of a member, holes as zeros. Fewer if it has shrunk or cannot be read; then it is listed as skipped.
 */
export function readBlock(member: Member, reader: MemberReader, size: number, skipped: Skipped): Buffer {
  const block = Buffer.allocUnsafeSlow(size);
  let length = 0;
  try {
    while (length < size) {
      const hole = Math.min(reader.hole(), size - length);
      block.fill(0, length, length + hole);
      reader.skip(hole);
      const read = hole > 0 ? hole : reader.read(block.subarray(length));
      length += read;
      if (read > 0) continue;
      skipped.add(member.path, 'it shrank while it was read: its end is missing');
      break;
    }
  } catch (error) {
    skipped.add(member.path, `${readingReason(error)}: its end is missing`);
  }
  return block.subarray(0, length);
}
