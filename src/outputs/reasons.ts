import { errnoOf, messageOf } from '../base/fault.ts';

/** Readable texts for the usual errors. */
const known: Readonly<Record<string, string>> = {
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

/**
 * The reason for a matched name without a file; a name that is not UTF-8 is matched as text and cannot be opened so.
 */
export const vanished = 'a pattern matches its name, but it no longer exists, or its name is not UTF-8';

/** Why something could not be read: a short phrase without the path. */
export function readingReason(error: unknown): string {
  return known[errnoOf(error) ?? ''] ?? messageOf(error);
}

/** Thrown if an output cannot be saved; its message is the reason, without the path. */
export class NotSaved extends Error {
  override readonly name = 'NotSaved';
}

/** Why an output was not saved. */
export function missingReason(error: unknown): string {
  return error instanceof NotSaved ? error.message : readingReason(error);
}
