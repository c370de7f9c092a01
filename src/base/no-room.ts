import { errnoOf } from './fault.ts';

const noRoom: ReadonlySet<string | null> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Whether an error says that no more may be written: a full volume, a quota, a limit on the size of files (RLIMIT_FSIZE). */
export function isNoRoom(error: unknown): boolean {
  return noRoom.has(errnoOf(error));
}
