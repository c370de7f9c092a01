import { errnoOf, messageOf } from './fault.ts';

/**
 * What errors mean to a user: clauses, by errno name. Those that name a path or a remedy are where they are used; the
 * operating system's own texts are in `errno-text.ts`, which this file's imports need.
 */
export type Reasons = Readonly<Record<string, string>>;

/** The volume takes no more, from any user. EFBIG: also RLIMIT_FSIZE. */
export const volumeReasons: Reasons = {
  ENOSPC: 'the volume is full',
  EDQUOT: "the volume's quota is used up",
  EFBIG: 'larger than a file of the volume may be',
  EROFS: 'the volume is mounted read-only',
};

/** A file or directory cannot be written to the volume. */
export const writeReasons: Reasons = {
  ...volumeReasons,
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  ENAMETOOLONG: 'its name is too long for the volume',
  ENOTDIR: 'a part of its path is not a directory',
  EISDIR: 'a directory is in its place',
};

/** A file cannot be read. */
export const readReasons: Reasons = {
  ENOENT: 'not found',
  ENOTDIR: 'not found: a part of its path is not a directory',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  ENAMETOOLONG: 'its path is too long',
  ELOOP: 'its symbolic links form a loop',
  EISDIR: 'it is a directory',
  EIO: 'the disk failed to read it',
  ENXIO: 'it is a socket',
};

/** What an error means, by one of the tables; the operating system's message for any other error. */
export function errorReason(error: unknown, reasons: Reasons): string {
  return reasons[errnoOf(error) ?? ''] ?? messageOf(error);
}

const outOfSpace: ReadonlySet<string | null> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Whether an error means that no more can be written: a full volume, a quota, a file size limit. */
export function isOutOfSpace(error: unknown): boolean {
  return outOfSpace.has(errnoOf(error));
}
