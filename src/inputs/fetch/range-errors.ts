import { messageOf } from '../../base/fault.ts';
import { ProxyError, Redirection } from '../../stores/http/http-get.ts';
import { StoreError } from '../../stores/object-store.ts';

/** The server does not give ranges as it said, or its file has changed: what was written is not the file. */
export class NoRanges extends Error {}

/** It may work the next time, unless the way is wrong. */
export function connectionFailed(cause: unknown): unknown {
  if (cause instanceof Redirection || (cause instanceof ProxyError && cause.permanent)) return cause;
  return new StoreError('broken', messageOf(cause), { cause });
}
