import { errnoOf, messageOf } from '../base/fault.ts';

/** What the usual errors mean, for a person. */
const known: Readonly<Record<string, string>> = {
  ENOENT: 'not found',
  ENOTDIR: 'not found: a part of its path is not a directory',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  ENAMETOOLONG: 'its path is longer than the system takes',
  ELOOP: 'its links lead in a circle',
  EISDIR: 'it is a directory',
  EIO: 'the disk could not read it',
  ENXIO: 'it is a socket',
};

/** Why a name that a pattern fits leads to nothing: patterns are tried on text, which such a name is not. */
export const vanished = 'a pattern fits its name, but it is gone, or its name is not UTF-8';

/** Why something could not be read: a few words, without the path. */
export function readingReason(error: unknown): string {
  return known[errnoOf(error) ?? ''] ?? messageOf(error);
}

/** Thrown where an output cannot be saved; its message is the reason, without the path. */
export class NotSaved extends Error {
  override readonly name = 'NotSaved';
}

/** Why an output was not saved. */
export function lossOf(error: unknown): string {
  return error instanceof NotSaved ? error.message : readingReason(error);
}
