import { errnoOf } from './fault.ts';

/** What the errors mean that say that no more may be written, by errno name. EFBIG: also RLIMIT_FSIZE. */
export const noRoomReasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the volume is full',
  EDQUOT: "the volume's quota is used up",
  EFBIG: 'larger than a file of the volume may be',
};

/** What an error means that is one of these; null for any other. */
export function noRoomReason(error: unknown): string | null {
  return noRoomReasons[errnoOf(error) ?? ''] ?? null;
}

/** Whether an error says that no more may be written: a full volume, a quota, a limit on the size of files. */
export function isNoRoom(error: unknown): boolean {
  return noRoomReason(error) !== null;
}
