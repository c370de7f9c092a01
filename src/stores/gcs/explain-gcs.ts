import type { HttpAnswer } from '../../base/http-request.ts';
import { isRecord } from '../../base/is-record.ts';
import { retryAfter } from '../../base/retry-after.ts';
import { StoreError } from '../object-store.ts';
import type { GcsCredentials } from './gcs-settings.ts';

/** There is no token for a request. */
export class NoToken extends Error {
  /** `absent`: nobody is there to give one. `refused`: for good. `broken`: it may work the next time. */
  readonly kind: 'absent' | 'refused' | 'broken';

  /** @param message who gave none, and what it answered: a clause */
  constructor(kind: NoToken['kind'], message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.kind = kind;
  }
}

const noBucket = 'does not exist: make the bucket, or correct its name';

/** Reasons of Google's for which the same request works later. */
const busy = /^(?:rateLimitExceeded|userRateLimitExceeded|quotaExceeded|slowDown)$/;

/**
 * What a refusal of the store means.
 *
 * @param text the answer's body
 * @param isOfBucket 404 cannot mean an object
 */
export function explainAnswer(
  { statusCode = 0, headers }: HttpAnswer,
  text: string,
  { name, isOfBucket }: { readonly name: string; readonly isOfBucket: boolean },
): StoreError {
  const { reason, message } = errorIn(text);
  const clause = `${name} answered ${reason ?? 'an error'} (${statusCode})`;
  const options = { retryAfterMs: retryAfter(headers['retry-after']) };
  if ([429, 503].includes(statusCode) || busy.test(reason ?? ''))
    return new StoreError('busy', clause, options);
  if (statusCode >= 500 || statusCode === 408) return new StoreError('broken', clause, options);
  // The checksum that was sent with the bytes.
  if (/does(?:n't| not) match calculated/.test(message))
    return new StoreError('broken', `an object arrived damaged at ${name}`);
  const isMissingBucket = isOfBucket || /bucket does not exist/.test(message);
  return refusal(statusCode, clause, { name, isMissingBucket });
}

function refusal(
  status: number,
  clause: string,
  { name, isMissingBucket }: { readonly name: string; readonly isMissingBucket: boolean },
): StoreError {
  switch (status) {
    case 401:
      return new StoreError('refused', `${clause}: check its credentials`);
    case 403:
      return new StoreError(
        'refused',
        `${clause}: its account lacks a role such as Storage Object User on this bucket`,
      );
    case 404:
      return new StoreError('missing', isMissingBucket ? `${name} ${noBucket}` : clause);
    case 412:
      return new StoreError('invalid', `the object has changed in ${name}`);
    default:
      return new StoreError('invalid', clause);
  }
}

/** Whether the bucket itself is missing. */
export function isOfMissingBucket({ message }: StoreError): boolean {
  return message.endsWith(noBucket);
}

/** Why there is no token. */
export function explainToken(error: unknown, name: string, credentials: GcsCredentials): StoreError {
  const failure = tokenFailure(error);
  if (failure instanceof StoreError) return failure;
  const options = { cause: error };
  const clause = `there is no token for ${name} (${failure.message})`;
  switch (failure.kind) {
    case 'absent':
      return new StoreError(
        'refused',
        `there are no credentials for ${name}: set GOOGLE_APPLICATION_CREDENTIALS, or give the pod or the machine a service account`,
        options,
      );
    case 'broken':
      return new StoreError('broken', clause, options);
    case 'refused':
      return new StoreError('refused', `${clause}: ${adviceFor(credentials)}`, options);
  }
}

function adviceFor({ kind }: GcsCredentials): string {
  return kind === 'key'
    ? 'check GOOGLE_APPLICATION_CREDENTIALS, and the clock of this machine'
    : 'check the service account of the pod or the machine';
}

/** Google's library wraps what our own code throws, and answers; anything else is about the key. */
function tokenFailure(error: unknown): NoToken | StoreError {
  for (let found = error; found instanceof Error; found = found.cause)
    if (found instanceof NoToken || found instanceof StoreError) return found;
  const { response } = (error instanceof Error ? error : {}) as {
    readonly response?: { readonly status?: number; readonly data?: unknown };
  };
  const status = response?.status ?? null;
  if (status === null) return new NoToken('refused', 'the key cannot be used', { cause: error });
  const answered = isRecord(response?.data) ? response.data['error'] : null;
  const code = typeof answered === 'string' && /^[a-z_]{1,40}$/.test(answered) ? `${answered}, ` : '';
  const kind = status >= 500 || status === 429 ? 'broken' : 'refused';
  return new NoToken(kind, `the token server answered ${code}${status}`, { cause: error });
}

function errorIn(text: string): { readonly reason: string | null; readonly message: string } {
  let found: unknown = null;
  try {
    found = JSON.parse(text);
  } catch {
    // A page of a proxy.
  }
  const error = isRecord(found) && isRecord(found['error']) ? found['error'] : {};
  const { errors, message } = error;
  const first: unknown = Array.isArray(errors) ? errors[0] : null;
  const reason = isRecord(first) ? String(first['reason'] ?? '') : '';
  return {
    reason: /^[A-Za-z0-9]{1,60}$/.test(reason) ? reason : null,
    message: typeof message === 'string' ? message : '',
  };
}

/** Whether another token may help. */
export function isOfToken({ statusCode }: HttpAnswer): boolean {
  return statusCode === 401;
}
