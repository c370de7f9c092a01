import { Fault, messageOf } from '../../../base/fault.ts';
import { type HttpAnswer, httpRequest, proxyRefusal, type Route } from '../../../base/http-request.ts';
import { isRecord } from '../../../base/is-record.ts';
import { limits } from '../../../base/limits.ts';
import { readBounded } from '../../../base/read-bounded.ts';
import { pause } from '../../../base/timer.ts';
import type { Environment } from '../../../settings/cli/environment.ts';
import { authorities } from '../../../settings/destinations/authorities.ts';
import { proxyFor } from '../../../settings/proxy.ts';
import type { AzureCredential } from './credential.ts';
import { errorIn, ManagerError, NoAnswer } from './manager-error.ts';
import { tokenError } from './token-error.ts';

/** One request to the resource manager. */
export interface ManagerRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** From `/subscriptions` on, without the API's version; or a whole address that the resource manager has named. */
  readonly path: string;
  readonly body?: object;
  readonly signal: AbortSignal;
  /** Aborted: a request that is throttled is not sent again. Default: `signal`. */
  readonly patience?: AbortSignal;
  /** Called with the pause, in seconds, before a request that is throttled is sent again. */
  readonly throttled?: (seconds: number) => void;
}

/** What it answered. */
export interface ManagerAnswer {
  readonly status: number;
  /** Null: it has no body. */
  readonly body: Readonly<Record<string, unknown>> | null;
  /** Where the operation is asked about that this has begun; null: there is none. */
  readonly operation: string | null;
}

/** The last version of the API that is not a preview: container instances, 2023-05-01. */
const apiVersion = '2023-05-01';
const publicEndpoint = 'https://management.azure.com';
const authorityVariable = 'EMISSARY_AZURE_CA_FILE';

/**
 * Azure's resource manager. Its requests are plain JSON over our HTTP client, its tokens are the identity library's (decision
 * 110). A request that it throttles (429) was not begun: it is sent again when the resource manager says so.
 */
export class ResourceManager {
  readonly #environment: Environment;
  readonly #endpoint: string;
  readonly #authority: string | null;
  #opened: Promise<AzureCredential> | null = null;
  #token: { readonly text: string; readonly until: number } | null = null;

  /** @throws Fault `usage` for an address or a file of authorities that is none */
  constructor(environment: Environment) {
    this.#environment = environment;
    const file = environment.get(authorityVariable);
    this.#authority = file === null ? null : authorities(file, authorityVariable);
    const endpoint = environment.get('EMISSARY_AZURE_ENDPOINT') ?? publicEndpoint;
    // A token is sent there.
    if (!URL.canParse(endpoint) || new URL(endpoint).protocol !== 'https:')
      throw new Fault('usage', 'EMISSARY_AZURE_ENDPOINT is not an https:// address');
    this.#endpoint = new URL(endpoint).origin;
  }

  /** Its address, for people. */
  get address(): string {
    return this.#endpoint;
  }

  /** Who asks, for people. @throws Fault `engine` where there are no credentials */
  async identity(signal: AbortSignal): Promise<string> {
    const { kind } = await this.#credential();
    await this.#bearer(signal);
    return kind;
  }

  /** How an address is reached: through the proxy of the environment. @throws Fault `usage` */
  route(url: URL): Route {
    return { proxy: proxyFor(url, this.#environment), authority: this.#authority };
  }

  /** Sends a request, and reads its answer. @throws ManagerError; NoAnswer; Fault `engine`, `usage`; the signal's reason */
  async send(wanted: ManagerRequest): Promise<ManagerAnswer> {
    for (let isLast = false; ; ) {
      const { status, headers, text } = await this.#once(wanted);
      if (status === 429) {
        const { patience = wanted.signal } = wanted;
        const ms = retryAfter(headers['retry-after']);
        wanted.throttled?.(Math.ceil(ms / 1000));
        await pause(ms, patience);
        if (patience.aborted) throw patience.reason;
        continue;
      }
      const body = parsed(text);
      if (status >= 200 && status < 300)
        return { status, body, operation: textOf(headers['azure-asyncoperation'] ?? headers['location']) };
      if (status !== 401 || isLast) throw errorIn(body, status);
      // It was revoked, or has just expired.
      isLast = true;
      this.#token = null;
      this.#opened = null;
    }
  }

  async #once({ method, path, body, signal }: ManagerRequest): Promise<Heard> {
    const url = this.#addressOf(path);
    const late = AbortSignal.any([signal, AbortSignal.timeout(limits.azureAnswerMs)]);
    const authorization = `Bearer ${await this.#bearer(late)}`;
    const route = this.route(url);
    const asked = httpRequest(url, {
      ...route,
      headers: { accept: 'application/json', 'content-type': 'application/json', authorization },
      ...(method === 'PUT' || method === 'DELETE' ? { method } : {}),
      body: body === undefined ? (method === 'POST' ? '' : null) : JSON.stringify(body),
      signal: late,
    });
    try {
      return await heard(await asked);
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw unheard(cause, route);
    }
  }

  /** An address that an answer has named may be on another host: the token is not for there. @throws ManagerError; NoAnswer */
  #addressOf(path: string): URL {
    if (!URL.canParse(path, this.#endpoint)) throw new NoAnswer('it names an address that is none');
    const url = new URL(path, this.#endpoint);
    if (url.origin !== this.#endpoint) throw new ManagerError(0, '', `it leads to ${url.host}`);
    if (!url.searchParams.has('api-version')) url.searchParams.set('api-version', apiVersion);
    return url;
  }

  #credential(): Promise<AzureCredential> {
    this.#opened ??= import('./credential.ts').then(({ azureCredential }) =>
      azureCredential(this.#environment, this.#authority),
    );
    return this.#opened;
  }

  async #bearer(signal: AbortSignal): Promise<string> {
    if (this.#token !== null && this.#token.until > Date.now()) return this.#token.text;
    const { credential, kind } = await this.#credential();
    try {
      const found = await credential.getToken(`${this.#endpoint}/.default`, { abortSignal: signal });
      // Who stands in front of the server may have answered.
      if (found === null || !/^[\x21-\x7e]+$/.test(found.token)) throw new Error('there is none');
      this.#token = { text: found.token, until: found.expiresOnTimestamp - limits.azureTokenMs };
      return found.token;
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw tokenError(cause, kind);
    }
  }
}

/** What a request has got. */
interface Heard {
  readonly status: number;
  readonly headers: HttpAnswer['headers'];
  readonly text: string;
}

async function heard(answer: HttpAnswer): Promise<Heard> {
  const text = await readBounded(answer, limits.azureAnswerBytes);
  return { status: answer.statusCode ?? 0, headers: answer.headers, text };
}

/** Why nothing was heard. What only our own mistake can cause stays what it is: asking again would not help. */
function unheard(cause: unknown, { proxy }: Route): unknown {
  if ([TypeError, RangeError, ReferenceError, SyntaxError].some((kind) => cause instanceof kind))
    return cause;
  const refusal = proxy === null ? null : proxyRefusal(proxy, cause);
  return new NoAnswer(refusal?.reason ?? messageOf(cause), { cause });
}

function retryAfter(header: string | undefined): number {
  const seconds = Number(header ?? Number.NaN);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : limits.engineRetryMs;
  return Math.min(Math.max(ms, limits.engineRetryMs), limits.azureThrottleMs);
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const body: unknown = JSON.parse(text);
    return isRecord(body) ? body : null;
  } catch {
    // What stands in front of it answers with something else than JSON.
    return null;
  }
}

function textOf(header: string | string[] | undefined): string | null {
  return typeof header === 'string' && header !== '' ? header : null;
}
