import { createHash } from 'node:crypto';
import { type HttpAnswer, httpRequest } from '../base/http-request.ts';
import { isRecord } from '../base/is-record.ts';
import { limits } from '../base/limits.ts';
import { printable } from '../base/printable.ts';
import { readBounded, readBoundedBytes } from '../base/read-bounded.ts';
import { shorten } from '../base/shorten.ts';
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

  /**
   * @param name a tag or a digest: what a digest names must have it
   * @throws Error whose message is a clause
   */
  async document(path: string, name: string, accept: readonly string[]): Promise<RegistryDocument> {
    const url = new URL(`${path}/${name}`, this.#base);
    let { answer, isOther } = await this.#get(url, accept);
    // A server that the registry has sent us to does not learn the login for the registry.
    if (answer.statusCode === 401 && !isOther) {
      answer.destroy();
      this.#authorization = await this.#authorize(answer.headers['www-authenticate'] ?? '');
      ({ answer, isOther } = await this.#get(url, accept));
    }
    const bytes = await readBoundedBytes(answer, limits.registryBytes);
    const { statusCode = 0 } = answer;
    if (statusCode !== 200) throw refusal(statusCode, isOther ? '' : bytes.toString());
    if (name.includes(':')) requireDigest(bytes, name);
    return parsed(bytes.toString());
  }

  /** Blobs may be elsewhere: the credentials are not for there. */
  async #get(
    url: URL,
    accept: readonly string[],
    of: { readonly isMoved: boolean; readonly isOther: boolean } = { isMoved: false, isOther: false },
  ): Promise<{ readonly answer: HttpAnswer; readonly isOther: boolean }> {
    const authorization = of.isOther ? null : this.#authorization;
    const headers = { accept: accept.join(', '), ...(authorization !== null && { authorization }) };
    const answer = await this.#request(url, headers);
    const { location } = answer.headers;
    const isMoved = [301, 302, 303, 307, 308].includes(answer.statusCode ?? 0) && location !== undefined;
    if (!isMoved || of.isMoved) return { answer, isOther: of.isOther };
    answer.destroy();
    const next = this.#secure(location, url);
    return this.#get(next, accept, { isMoved, isOther: next.origin !== url.origin });
  }

  /** An address that the registry names. @throws Error if TLS would be given up for it */
  #secure(address: string, base?: URL): URL {
    if (!URL.canParse(address, base)) throw new Error('it names an address that is none');
    const url = new URL(address, base);
    if (url.protocol === 'https:' || (url.protocol === 'http:' && this.#base.startsWith('http:'))) return url;
    throw new Error(`it leads to ${url.protocol}//${url.host}, without TLS`);
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
    const url = this.#secure(words.get('realm') ?? '');
    for (const name of ['service', 'scope'])
      if (words.has(name)) url.searchParams.set(name, words.get(name) ?? '');
    const answer = await this.#request(url, basic === null ? {} : { authorization: basic });
    const text = await readBounded(answer, limits.registryBytes);
    if (answer.statusCode !== 200) throw refusal(answer.statusCode ?? 0, text, 'its login was refused: ');
    const { token, access_token: other } = parsed(text);
    return `Bearer ${String(token ?? other ?? '')}`;
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
    const { errors } = parsed(text);
    const first: unknown = Array.isArray(errors) ? errors[0] : null;
    if (isRecord(first) && typeof first['message'] === 'string')
      return `${shorten(printable(first['message']))} (${status})`;
  } catch {
    // Most proxies answer with a page.
  }
  return `it answered ${status}`;
}

/** @throws Error whose message is a clause: it does not quote what a server inside a network may have answered */
function parsed(text: string): RegistryDocument {
  let document: unknown = null;
  try {
    document = JSON.parse(text);
  } catch {
    throw new Error('its answer is not JSON');
  }
  if (!isRecord(document)) throw new Error('its answer is not an object');
  return document;
}

/** Anybody can have a registry that gives anything for a digest. */
function requireDigest(bytes: Buffer, digest: string): void {
  const own = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (own !== digest) throw new Error(`what it gave is not ${digest}`);
}
