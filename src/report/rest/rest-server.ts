import { DeliveryError } from '../../base/delivery-error.ts';
import type { RestSettings } from '../../settings/destinations/rest-settings.ts';
import { type Answer, exchange } from './rest-exchange.ts';

/** The columns of a job's row in a response of variant A that are used here. */
export interface JobRow {
  readonly id?: unknown;
  readonly app_id?: unknown;
  readonly begin?: unknown;
  readonly end?: unknown;
  readonly exitcode?: unknown;
}

/**
 * How a MultiFlexi server handles `POST /job/`: A stores the job's row, B does not implement it, C would schedule another
 * job.
 */
export type Variant =
  /** `clockAheadMs`: how far the server's clock is ahead of ours. */
  | { readonly kind: 'A'; readonly row: JobRow; readonly clockAheadMs: number }
  | { readonly kind: 'B' }
  | { readonly kind: 'C' };

/**
 * Finds out the variant with a request that changes nothing in any of them: `{"id":N}` alone.
 * @throws DeliveryError, permanent if the job or the password is wrong
 */
export async function probe(settings: RestSettings, jobId: number): Promise<Variant> {
  const answer = await exchange(settings, '/job/', { id: jobId });
  if (answer.status === 501) return { kind: 'B' };
  const { clockAheadMs } = answer;
  if (answer.status === 400 && /runtemplate_id/.test(answer.body)) return { kind: 'C' };
  if (answer.status === 400 && isPage(answer)) {
    // The Host header does not match the server's own name: the request was processed anyway.
    const row = await fetchJob(settings, jobId);
    if (row !== null) return { kind: 'A', row, clockAheadMs };
  }
  if (answer.status === 200) return { kind: 'A', row: ownRow(settings, answer, jobId), clockAheadMs };
  throw refusal(settings, answer, jobId);
}

/**
 * Sets columns of the job's row. The request is idempotent.
 * @param columns never empty; `id` is added
 * @throws DeliveryError
 */
export async function updateJob(
  settings: RestSettings,
  jobId: number,
  columns: Readonly<Record<string, string | number | null>>,
): Promise<void> {
  const answer = await exchange(settings, '/job/', { id: jobId, ...columns });
  const row = answer.status === 200 ? ownRow(settings, answer, jobId) : null;
  // Times may come back in another format; the exit code is what counts.
  if (row !== null && holds(row, 'exitcode' in columns ? { exitcode: columns['exitcode'] ?? null } : {}))
    return;
  if (row !== null || (answer.status === 400 && isPage(answer))) {
    const found = await fetchJob(settings, jobId);
    if (found !== null && holds(found, columns)) return;
  }
  if (row !== null) throw new DeliveryError(notStored(settings, jobId), { permanent: true });
  throw refusal(settings, answer, jobId);
}

/**
 * The version of an application; null if the server does not provide it.
 * @throws DeliveryError if a retry may help
 */
export async function fetchVersion(settings: RestSettings, appId: number): Promise<string | null> {
  const row = await fetchRow(settings, `/app/${appId}.json`, appId);
  const { version } = (row ?? {}) as { readonly version?: unknown };
  return typeof version === 'string' && version !== '' ? version : null;
}

/** The job's row; null if the server does not provide it. @throws DeliveryError if a retry may help */
async function fetchJob(settings: RestSettings, jobId: number): Promise<JobRow | null> {
  return fetchRow(settings, `/job/${jobId}.json?output=false`, jobId);
}

async function fetchRow(settings: RestSettings, path: string, id: number): Promise<JobRow | null> {
  const answer = await exchange(settings, path, null);
  if (answer.status === 200) return rowOf(answer);
  const failure = refusal(settings, answer, id);
  if (!failure.permanent) throw failure;
  return null;
}

/** The row in a response: the value itself, the first element of an array, or under a key. */
function rowOf(answer: Answer): JobRow {
  try {
    const value = JSON.parse(answer.body) as unknown;
    const row = Array.isArray(value) ? value[0] : value;
    if (typeof row !== 'object' || row === null) return {};
    const inner = (row as Record<string, unknown>)['job'] ?? (row as Record<string, unknown>)['app'];
    return typeof inner === 'object' && inner !== null ? inner : row;
  } catch {
    return {}; // Not JSON: like a row without columns, all of which are optional.
  }
}

/**
 * The row in a response, which must be the job's: a proxy, a login page or another address answers anything with 200.
 * @throws DeliveryError
 */
function ownRow(settings: RestSettings, answer: Answer, jobId: number): JobRow {
  const row = rowOf(answer);
  if (Number(row.id) === jobId) return row;
  const { host } = new URL(settings.baseUrl);
  const sentence = `The REST server ${host} answered without the row of job ${jobId}; check the path of MULTIFLEXI_API_URL`;
  throw new DeliveryError(sentence, { permanent: true });
}

function holds(row: JobRow, columns: Readonly<Record<string, string | number | null>>): boolean {
  const found = row as Readonly<Record<string, unknown>>;
  return Object.entries(columns).every(([name, value]) => sameValue(found[name], value));
}

function notStored(settings: RestSettings, jobId: number): string {
  const { host } = new URL(settings.baseUrl);
  return `The REST server ${host} answered, but did not store job ${jobId}; check that it is not a read-only copy`;
}

function isPage(answer: Answer): boolean {
  return /html/i.test(answer.contentType) || answer.body.trimStart().startsWith('<');
}

/** The server may return numbers as text, and times with or without a fraction. */
function sameValue(found: unknown, wanted: string | number | null): boolean {
  if (found === null || found === undefined) return wanted === null;
  return String(found) === String(wanted) || String(found).startsWith(`${wanted}.`);
}

function refusal(settings: RestSettings, answer: Answer, jobId: number): DeliveryError {
  const { host } = new URL(settings.baseUrl);
  const { status, retryAfterMs } = answer;
  const fail = (clause: string, permanent: boolean) =>
    new DeliveryError(`The REST server ${host} ${clause}`, { permanent, retryAfterMs });
  switch (status) {
    case 401:
      return fail(
        'rejected the user name or the password (401); check MULTIFLEXI_API_USER and its password',
        true,
      );
    case 403:
      return fail(
        `does not allow this user to change job ${jobId} (403); check the user's permissions`,
        true,
      );
    case 404:
      return fail(`has no job ${jobId} (404); check MULTIFLEXI_JOB_ID and MULTIFLEXI_API_URL`, true);
    case 405:
      return fail('does not support this request (405); check the path of MULTIFLEXI_API_URL', true);
    case 408:
    case 425:
    case 429:
      return fail(`asks for a later retry (${status})`, false);
    default:
      if (status >= 500) return fail(`failed (${status})`, false);
      if (status >= 300 && status < 400)
        return fail(`redirects (${status}); set MULTIFLEXI_API_URL to the new address`, true);
      return fail(`rejected the report (${status}); check MULTIFLEXI_API_URL`, true);
  }
}
