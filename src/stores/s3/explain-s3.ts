import { errnoOf } from '../../base/fault.ts';
import { retryAfter } from '../../base/retry-after.ts';
import { StoreError } from '../object-store.ts';
import { unreachable } from '../unreachable.ts';

/** What the client throws. */
interface ClientError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
  readonly code?: string;
}

const busy =
  /^(?:SlowDown|TooManyRequests\w*|Throttl\w*|RequestLimitExceeded|ServiceUnavailable|RequestThrottled)$/;
const damaged =
  /^(?:BadDigest|InvalidDigest|XAmzContentSHA256Mismatch|InvalidChecksum|RequestTimeout|IncompleteBody)$/;
const refused =
  /^(?:ExpiredToken\w*|TokenRefreshRequired|InvalidToken|InvalidAccessKeyId|SignatureDoesNotMatch)$/;
const missing = /^(?:NoSuch\w+|NotFound)$/;

/** The error of a request, without what it carried. @param name of the store, for the message */
export function explainS3(error: unknown, name: string): StoreError {
  if (error instanceof StoreError) return error;
  const cause = (error instanceof Error ? error : new Error(String(error))) as ClientError;
  const status = cause.$metadata?.httpStatusCode ?? null;
  // A redirection or a page of a proxy has no code of S3's.
  const code = /^[A-Za-z0-9]{1,60}$/.test(cause.name) ? cause.name : 'an error';
  if (/^(?:CredentialsProviderError|TokenProviderError|ProviderError)$/.test(code))
    return new StoreError(
      'refused',
      `there are no credentials for ${name}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE`,
      { cause },
    );
  return status === null ? withoutAnswer(cause, name) : answered(cause, { name, code, status });
}

function answered(
  cause: ClientError,
  { name, code, status }: { readonly name: string; readonly code: string; readonly status: number },
): StoreError {
  const text = `${name} answered ${code} (${status})`;
  const options = { cause, retryAfterMs: retryAfter(cause.$response?.headers?.['retry-after']) };
  if (busy.test(code) || [429, 503].includes(status)) return new StoreError('busy', text, options);
  if (damaged.test(code) || status >= 500 || status < 300) return new StoreError('broken', text, options);
  if (missing.test(code) || status === 404)
    return new StoreError('missing', missingText(code, name, text), options);
  if (refused.test(code) || [401, 403].includes(status))
    return new StoreError('refused', `${text}: check its credentials and their rights`, options);
  return new StoreError('invalid', status === 412 ? `the object has changed in ${name}` : text, options);
}

function missingText(code: string, name: string, text: string): string {
  return code === 'NoSuchBucket' ? `${name} does not exist: make the bucket, or correct its name` : text;
}

function withoutAnswer(cause: ClientError, name: string): StoreError {
  const code = cause.code ?? errnoOf(cause) ?? '';
  if (code === '' && !/^(?:TimeoutError|AbortError|Error)$/.test(cause.name))
    return new StoreError('invalid', `the client of ${name} failed (${cause.name})`, { cause });
  return unreachable(cause, name);
}
