import { errorReason, readReasons } from '../base/error-reason.ts';

/**
 * The reason for a matched name without a file; a name that is not UTF-8 is matched as text and cannot be opened so.
 */
export const vanished = 'a pattern matches its name, but it no longer exists, or its name is not UTF-8';

/** Why something could not be read: a short phrase without the path. */
export function readingReason(error: unknown): string {
  return errorReason(error, readReasons);
}

/** Thrown if an output cannot be saved; its message is the reason, without the path. */
export class NotSaved extends Error {
  override readonly name = 'NotSaved';
}

/** Why an output was not saved. */
export function missingReason(error: unknown): string {
  return error instanceof NotSaved ? error.message : readingReason(error);
}
