import { errnoOf, messageOf } from '../../base/fault.ts';
import type { HttpAnswer } from '../../base/http-request.ts';
import { retryAfter } from '../../base/retry-after.ts';
import { StoreError } from '../object-store.ts';
import { ProxyError, Redirection } from './http-get.ts';

/** What a server's refusal means. */
export function refusedBy({ statusCode = 0, headers }: HttpAnswer): StoreError {
  const retryAfterMs = retryAfter(headers['retry-after']);
  const { kind, reason } = meaningOf(statusCode);
  return new StoreError(kind, `the server answered ${statusCode}${reason}`, { retryAfterMs });
}

function meaningOf(status: number): { readonly kind: StoreError['kind']; readonly reason: string } {
  switch (status) {
    case 401:
      return {
        kind: 'refused',
        reason: ': it wants other credentials (EMISSARY_HTTP_USER, EMISSARY_HTTP_TOKEN)',
      };
    case 403:
    case 405:
    case 407:
    case 501:
      return { kind: 'refused', reason: '' };
    case 404:
    case 410:
      return { kind: 'missing', reason: '' };
    case 412:
      return { kind: 'invalid', reason: ': it has changed meanwhile' };
    case 413:
      return { kind: 'invalid', reason: ': it is too large for it' };
    case 429:
    case 503:
      return { kind: 'busy', reason: '' };
    case 507:
      return { kind: 'refused', reason: ': it is full' };
    default:
      return { kind: status >= 500 || status === 408 ? 'broken' : 'invalid', reason: '' };
  }
}

/** What it means that there was no answer. */
export function brokenOff(cause: unknown, signal: AbortSignal): unknown {
  if (signal.aborted || cause instanceof StoreError) return cause;
  if (cause instanceof Redirection) return new StoreError('invalid', cause.message, { cause });
  if (cause instanceof ProxyError && cause.permanent)
    return new StoreError('refused', cause.message, { cause });
  const one = cause instanceof AggregateError ? cause.errors[0] : cause;
  const reason = errnoOf(one) === 'ECONNRESET' ? 'the connection was closed' : messageOf(one);
  return new StoreError('broken', reason, { cause });
}
