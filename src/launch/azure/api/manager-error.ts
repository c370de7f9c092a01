import { messageOf } from '../../../base/fault.ts';
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

/** It did not answer, or with nothing that can be read: nobody knows what it did. The message is a clause. */
export class NoAnswer extends Error {}

/** The HTTP status of the resource manager's error; null where it did not answer. */
export function statusOf(error: unknown): number | null {
  return error instanceof ManagerError ? error.status : null;
}

/** Whether asking again may help: it did not answer, is too busy, or cannot work just now. Our own errors are none of these. */
export function isTemporary(error: unknown): boolean {
  if (error instanceof ManagerError)
    return error.status === 408 || error.status === 429 || error.status >= 500;
  return isSilence(error);
}

/** Whether an error tells of Azure, and of nothing else: neither of the settings, nor of this program. */
export function isOfAzure(error: unknown): boolean {
  return error instanceof ManagerError || isSilence(error);
}

function isSilence(error: unknown): boolean {
  // The time of a signal was over.
  return error instanceof NoAnswer || (error instanceof DOMException && error.name === 'TimeoutError');
}

/** Whether what was asked for is missing, and not what it would be in. */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && !isPlaceMissing(error) && codeOf(error) !== 'SubscriptionNotFound';
}

/** Whether the resource group is missing. */
export function isPlaceMissing(error: unknown): boolean {
  return codeOf(error) === 'ResourceGroupNotFound';
}

function codeOf(error: unknown): string | null {
  return error instanceof ManagerError ? error.code : null;
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
