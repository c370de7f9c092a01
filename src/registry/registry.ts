import { messageOf } from '../base/fault.ts';
import { type HttpAnswer, httpRequest } from '../base/http-request.ts';
import { isRecord } from '../base/is-record.ts';
import { limits } from '../base/limits.ts';
import { readBounded } from '../base/read-bounded.ts';
import type { Environment } from '../settings/cli/environment.ts';
import { proxyFor } from '../settings/proxy.ts';
import type { RegistryLogin } from './registry-login.ts';

/** What a registry has answered, as JSON. */
export type RegistryDocument = Readonly<Record<string, unknown>>;

/** A registry does not give what was asked for, to whoever asks with this login. */
export class RegistryRefusal extends Error {}

/** How a registry is asked. */
export interface RegistryAccess {
  readonly login: RegistryLogin | null;
  readonly environment: Environment;
  readonly signal: AbortSignal;
  /** Hosts that are asked without TLS, besides those of this machine. */
  readonly insecure?: readonly string[];
}

/**
 * Asks a registry by the distribution protocol (https://distribution.github.io/distribution/spec/api/). A registry of this
 * machine is asked without TLS, as Docker does.
 */
export class Registry {
  readonly #base: string;
  readonly #login: RegistryLogin | null;
  readonly #environment: Environment;
  readonly #signal: AbortSignal;
  #authorization: string | null = null;

  constructor(host: string, of: RegistryAccess) {
    const isPlain = isLocal(host) || of.insecure?.includes(host) === true;
    this.#base = `${isPlain ? 'http' : 'https'}://${host}`;
    this.#login = of.login;
    this.#environment = of.environment;
    this.#signal = AbortSignal.any([of.signal, AbortSignal.timeout(limits.registryMs)]);
  }

  /** @throws Error whose message is a clause */
  async document(path: string, accept: readonly string[]): Promise<RegistryDocument> {
    let answer = await this.#get(new URL(path, this.#base), accept);
    if (answer.statusCode === 401) {
      answer.destroy();
      this.#authorization = await this.#authorize(answer.headers['www-authenticate'] ?? '');
      answer = await this.#get(new URL(path, this.#base), accept);
    }
    const text = await readBounded(answer, limits.registryBytes);
    if (answer.statusCode !== 200) throw refusal(answer.statusCode ?? 0, text);
    const document: unknown = JSON.parse(text);
    if (!isRecord(document)) throw new Error('its answer is not an object');
    return document;
  }

  /** Blobs may be elsewhere: the credentials are not for there. */
  async #get(url: URL, accept: readonly string[], isOther = false): Promise<HttpAnswer> {
    const authorization = isOther ? null : this.#authorization;
    const headers = { accept: accept.join(', '), ...(authorization !== null && { authorization }) };
    const answer = await this.#request(url, headers);
    const { location } = answer.headers;
    const isMoved = [301, 302, 303, 307, 308].includes(answer.statusCode ?? 0) && location !== undefined;
    if (!isMoved || isOther) return answer;
    answer.destroy();
    const next = new URL(location, url);
    return this.#get(next, accept, next.host !== url.host);
  }

  #request(url: URL, headers: Readonly<Record<string, string>>): Promise<HttpAnswer> {
    const proxy = proxyFor(url, this.#environment);
    return httpRequest(url, { headers, body: null, signal: this.#signal, proxy, authority: null });
  }

  /** What a 401 asks for: the login itself, or a token that it is exchanged for. */
  async #authorize(challenge: string): Promise<string> {
    const basic = basicOf(this.#login);
    if (!/^bearer /i.test(challenge)) {
      if (basic !== null) return basic;
      throw new RegistryRefusal('it wants a login, and there is none for it');
    }
    const words = new Map(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
    );
    const url = new URL(words.get('realm') ?? '');
    for (const name of ['service', 'scope'])
      if (words.has(name)) url.searchParams.set(name, words.get(name) ?? '');
    const answer = await this.#request(url, basic === null ? {} : { authorization: basic });
    const text = await readBounded(answer, limits.registryBytes);
    if (answer.statusCode !== 200) throw refusal(answer.statusCode ?? 0, text, 'its login was refused: ');
    const { token, access_token: other } = JSON.parse(text) as { token?: string; access_token?: string };
    return `Bearer ${token ?? other ?? ''}`;
  }
}

function isLocal(host: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(host);
}

function basicOf(login: RegistryLogin | null): string | null {
  if (login === null) return null;
  return `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
}

/** Another login may help against some answers. */
function refusal(status: number, text: string, before = ''): Error {
  const message = `${before}${reasonIn(status, text)}`;
  return [401, 403, 404].includes(status) ? new RegistryRefusal(message) : new Error(message);
}

/** The registry's own words, if it has some. */
function reasonIn(status: number, text: string): string {
  try {
    const { errors } = JSON.parse(text) as { errors?: readonly { readonly message?: string }[] };
    const message = errors?.[0]?.message;
    if (message !== undefined) return `${message} (${status})`;
  } catch (error) {
    return `it answered ${status} (${messageOf(error)})`;
  }
  return `it answered ${status}`;
}
