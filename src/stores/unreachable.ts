import { errnoOf } from '../base/fault.ts';
import { type HttpProxy, proxyRefusal } from '../base/http-request.ts';
import { StoreError } from './object-store.ts';

/**
 * What it means that a store did not answer: its certificate is not trusted, or the connection failed.
 *
 * @param name of the store, for the message
 * @param proxy on the way, which may have refused; null: none, or not known
 */
export function unreachable(cause: unknown, name: string, proxy: HttpProxy | null = null): StoreError {
  const refusal = proxy === null ? null : proxyRefusal(proxy, cause);
  if (refusal !== null)
    return new StoreError(refusal.permanent ? 'refused' : 'broken', refusal.reason, { cause });
  const one = cause instanceof AggregateError ? cause.errors[0] : cause;
  const code = codeOf(one);
  if (/CERT|SIGNATURE|ISSUER|ALTNAME/.test(code))
    return new StoreError(
      'invalid',
      `the certificate of ${name} is not trusted (${code}); name its authority's file in EMISSARY_STORE_CA_FILE`,
      { cause },
    );
  const reason = /^[A-Z0-9_]{1,40}$/.test(code) ? code : 'the connection ended';
  return new StoreError('broken', `cannot reach ${name} (${reason})`, { cause });
}

/** Libraries wrap the runtime's error. */
function codeOf(error: unknown): string {
  for (let found = error; found instanceof Error; found = found.cause) {
    const { code = errnoOf(found) } = found as { readonly code?: unknown };
    if (typeof code === 'string') return code;
  }
  return '';
}
