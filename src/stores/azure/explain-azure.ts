import { retryAfter } from '../../base/retry-after.ts';
import { StoreError } from '../object-store.ts';
import { unreachable } from '../unreachable.ts';
import type { AzureCredentials } from './azure-settings.ts';

/** What the client throws. */
interface ClientError extends Error {
  readonly statusCode?: number;
  readonly code?: string;
  readonly response?: { readonly headers?: { get(name: string): string | undefined } };
  readonly details?: { readonly errorCode?: string };
}

const busy = new Set(['ServerBusy', 'OperationTimedOut', 'TooManyRequests']);
const damaged = new Set(['Md5Mismatch', 'InvalidMd5', 'Crc64Mismatch', 'RequestBodyIncomplete']);

const noContainer = 'does not exist: make the container, or correct its name';

/** Whether the container itself is missing. */
export function isOfContainer({ message }: StoreError): boolean {
  return message.endsWith(noContainer);
}

/** Whether other credentials may help. */
export function isOfCredentials(error: unknown): boolean {
  const { statusCode } = asClientError(error);
  return statusCode === 401 || statusCode === 403;
}

/** The error of a request, without what it carried. @param name of the store, for the message */
export function explainAzure(error: unknown, name: string, credentials: AzureCredentials): StoreError {
  if (error instanceof StoreError) return error;
  const cause = asClientError(error);
  const { statusCode: status = null } = cause;
  if (status === null) return withoutAnswer(cause, name);
  const code = codeOf(cause);
  const text = `${name} answered ${code} (${status})`;
  const options = { cause, retryAfterMs: retryAfter(cause.response?.headers?.get('retry-after')) };
  if (busy.has(code) || status === 429 || status === 503) return new StoreError('busy', text, options);
  if (damaged.has(code) || status >= 500 || status === 408) return new StoreError('broken', text, options);
  if (code === 'ContainerNotFound') return new StoreError('missing', `${name} ${noContainer}`, options);
  if (status === 404) return new StoreError('missing', text, options);
  if (isOfCredentials(cause)) return new StoreError('refused', `${text}: ${adviceFor(credentials)}`, options);
  if (status === 412) return new StoreError('invalid', `the object has changed in ${name}`, options);
  return new StoreError('invalid', text, options);
}

function adviceFor(credentials: AzureCredentials): string {
  if (credentials.kind === 'key') return 'check AZURE_STORAGE_KEY, and the clock of this machine';
  if (credentials.kind === 'token') return 'its identity lacks a role such as Storage Blob Data Contributor';
  const until = new URLSearchParams(credentials.query).get('se') ?? '';
  return Date.parse(until) < Date.now()
    ? `its signature expired at ${until}; renew AZURE_STORAGE_SAS_TOKEN, or keep a new one in AZURE_STORAGE_SAS_TOKEN_FILE`
    : 'check the rights of AZURE_STORAGE_SAS_TOKEN';
}

/** An answer to HEAD has no body. */
function codeOf({ code, details, response }: ClientError): string {
  const found = details?.errorCode ?? code ?? response?.headers?.get('x-ms-error-code') ?? '';
  return /^[A-Za-z0-9]{1,60}$/.test(found) ? found : 'an error';
}

function withoutAnswer(cause: ClientError, name: string): StoreError {
  if (/^(?:CredentialUnavailableError|AuthenticationError|AuthenticationRequiredError)$/.test(cause.name))
    return new StoreError(
      'refused',
      `there are no credentials for ${name}: set AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or give the pod an identity`,
      { cause },
    );
  return unreachable(cause, name);
}

function asClientError(error: unknown): ClientError {
  return error instanceof Error ? error : new Error(String(error));
}
