import { Fault, messageOf } from '../../../base/fault.ts';
import { printable } from '../../../base/printable.ts';
import { shorten } from '../../../base/shorten.ts';

/** What the API server answered in the place of what was wanted. */
export class ApiError extends Error {
  readonly status: number;
  /** Its own word for it: `NotFound`, `Forbidden`, `AlreadyExists`; empty: it gave none. */
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** The HTTP status of the API server's error; null where it did not answer. */
export function statusOf(error: unknown): number | null {
  return error instanceof ApiError ? error.status : null;
}

/** Whether asking again may help: it did not answer, is too busy, or is being restarted. */
export function isTemporary(error: unknown): boolean {
  if (error instanceof Fault) return false;
  const status = statusOf(error);
  return status === null || status === 408 || status === 429 || status >= 500;
}

/** Why a request failed, as a part of a sentence: one line of bounded length. */
export function reasonOfApi(error: unknown): string {
  return shorten(
    printable(
      messageOf(error)
        .trim()
        .replaceAll(/\s*\n\s*/g, ' '),
    ),
  );
}
