import { errnoOf } from './fault.ts';

/** The errors that mean that no more can be written, by errno name. EFBIG: also RLIMIT_FSIZE. */
export const outOfSpaceReasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the volume is full',
  EDQUOT: "the volume's quota is used up",
  EFBIG: 'larger than a file of the volume may be',
};

/** What such an error means; null for any other error. */
export function outOfSpaceReason(error: unknown): string | null {
  return outOfSpaceReasons[errnoOf(error) ?? ''] ?? null;
}

/** Whether an error means that no more can be written: a full volume, a quota, a file size limit. */
export function isOutOfSpace(error: unknown): boolean {
  return outOfSpaceReason(error) !== null;
}
