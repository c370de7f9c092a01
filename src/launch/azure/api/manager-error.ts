import { Fault, messageOf } from '../../../base/fault.ts';
import { isRecord } from '../../../base/is-record.ts';
import { printable } from '../../../base/printable.ts';
import { shorten } from '../../../base/shorten.ts';

/** What Azure's resource manager answered in the place of what was wanted. */
export class ManagerError extends Error {
  /** The HTTP status; 200: an operation that was accepted has failed later. */
  readonly status: number;
  /** Its own word for it: `ResourceGroupNotFound`; empty: it gave none. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The HTTP status of the resource manager's error; null where it did not answer. */
export function statusOf(error: unknown): number | null {
  return error instanceof ManagerError ? error.status : null;
}

/** Whether asking again may help: it did not answer, is too busy, or cannot work just now. */
export function isTemporary(error: unknown): boolean {
  if (error instanceof Fault) return false;
  const status = statusOf(error);
  return status === null || status === 408 || status === 429 || status >= 500;
}

/** The error in an answer: `{"error": {"code": …, "message": …}}`, the innermost one that says something. */
export function errorIn(body: unknown, status: number): ManagerError {
  const outer = isRecord(body) && isRecord(body['error']) ? body['error'] : body;
  if (!isRecord(outer)) return new ManagerError(status, '', `it answered ${status}`);
  const { details } = outer;
  const inner = Array.isArray(details) ? details.find((each) => isRecord(each) && each['message']) : null;
  const { code, message } = isRecord(inner) ? inner : outer;
  const text = typeof message === 'string' && message !== '' ? message : `it answered ${status}`;
  return new ManagerError(status, typeof code === 'string' ? code : '', text);
}

/** Why a request failed, as a part of a sentence: one line of bounded length, without a full stop. */
export function reasonOfManager(error: unknown): string {
  const text = printable(messageOf(error).trim().replaceAll(/\s+/g, ' '));
  return shorten(text.replace(/\.$/, ''));
}
