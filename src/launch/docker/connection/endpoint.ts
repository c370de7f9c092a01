import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getuid } from 'node:process';
import { Fault, reasonOf } from '../../../base/fault.ts';
import type { Environment } from '../../../settings/cli/environment.ts';

/** Where an engine's API is. */
export type Endpoint =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: Tls | null }
  | { readonly kind: 'ssh'; readonly target: SshTarget };

/** The certificates of a TLS connection, PEM. */
export interface Tls {
  readonly ca: Buffer | null;
  readonly cert: Buffer | null;
  readonly key: Buffer | null;
  /** False where the user has switched the server's check off. */
  readonly verify: boolean;
}

/** A machine that is reached by the ssh program. */
export interface SshTarget {
  readonly user: string | null;
  readonly host: string;
  readonly port: number | null;
  /** A socket there; null: the engine's usual one. */
  readonly socket: string | null;
}

/** An endpoint, and why it is this one. */
export interface LocatedEndpoint {
  readonly endpoint: Endpoint;
  /** For people: `set by DOCKER_HOST`. */
  readonly source: string;
}

/**
 * Finds Docker's API as Docker's own client does: DOCKER_HOST, else the context (DOCKER_CONTEXT, `config.json`), else
 * the usual sockets.
 *
 * @throws Fault `usage`
 */
export function dockerEndpoint(environment: Environment): LocatedEndpoint {
  const host = environment.get('DOCKER_HOST');
  if (host !== null) return fromVariable(host, 'DOCKER_HOST', environment);
  const directory = dockerDirectory(environment);
  const context = environment.get('DOCKER_CONTEXT') ?? currentContext(directory);
  if (context !== null && context !== 'default')
    return {
      endpoint: contextEndpoint(directory, context),
      source: `set by Docker's context "${context}"`,
    };
  const rootless = join(environment.get('XDG_RUNTIME_DIR') ?? '/nowhere', 'docker.sock');
  return existsSync('/var/run/docker.sock') || !existsSync(rootless)
    ? { endpoint: { kind: 'unix', path: '/var/run/docker.sock' }, source: "Docker's default" }
    : { endpoint: { kind: 'unix', path: rootless }, source: 'of a rootless Docker' };
}

/**
 * Finds podman's API: CONTAINER_HOST, else the sockets of systemd's units; null where there is none.
 *
 * @throws Fault `usage`
 */
export function podmanEndpoint(environment: Environment): LocatedEndpoint | null {
  const host = environment.get('CONTAINER_HOST');
  if (host !== null) return fromVariable(host, 'CONTAINER_HOST', environment);
  const runtime = environment.get('XDG_RUNTIME_DIR') ?? `/run/user/${getuid?.() ?? 0}`;
  const own = getuid?.() === 0 ? '/run/podman/podman.sock' : join(runtime, 'podman/podman.sock');
  if (!existsSync(own)) return null;
  return { endpoint: { kind: 'unix', path: own }, source: "of systemd's unit podman.socket" };
}

/** Where Docker's client keeps its configuration. */
export function dockerDirectory(environment: Environment): string {
  return environment.get('DOCKER_CONFIG') ?? join(environment.get('HOME') ?? '/', '.docker');
}

/** Docker's `config.json`; empty if there is none. */
export function dockerConfiguration(directory: string): Readonly<Record<string, unknown>> {
  const file = join(directory, 'config.json');
  if (!existsSync(file)) return {};
  try {
    const found: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof found === 'object' && found !== null ? { ...found } : {};
  } catch (cause) {
    throw new Fault(
      'usage',
      `Cannot read ${file}: ${cause instanceof SyntaxError ? 'it is not JSON' : reasonOf(cause)}`,
    );
  }
}

function fromVariable(host: string, variable: string, environment: Environment): LocatedEndpoint {
  const endpoint = endpointOf(host, variable, environmentTls(environment));
  return { endpoint, source: `set by ${variable}` };
}

function currentContext(directory: string): string | null {
  const { currentContext: name } = dockerConfiguration(directory);
  return typeof name === 'string' && name !== '' ? name : null;
}

interface ContextFile {
  readonly Endpoints?: { readonly docker?: { readonly Host?: string; readonly SkipTLSVerify?: boolean } };
}

function contextEndpoint(directory: string, name: string): Endpoint {
  const id = createHash('sha256').update(name).digest('hex');
  const file = join(directory, 'contexts/meta', id, 'meta.json');
  let found: ContextFile;
  try {
    found = JSON.parse(readFileSync(file, 'utf8')) as ContextFile;
  } catch {
    throw new Fault('usage', `Docker's context "${name}" does not exist; docker context ls lists them`);
  }
  const docker = found.Endpoints?.docker;
  const certificates = join(directory, 'contexts/tls', id, 'docker');
  const tls = existsSync(certificates) ? tlsIn(certificates, docker?.SkipTLSVerify !== true) : null;
  return endpointOf(docker?.Host ?? 'unix:///var/run/docker.sock', `The context "${name}"`, tls);
}

function environmentTls(environment: Environment): Tls | null {
  const directory = environment.get('DOCKER_CERT_PATH');
  const verify = environment.get('DOCKER_TLS_VERIFY') !== null;
  if (directory === null && !verify) return null;
  return tlsIn(directory ?? dockerDirectory(environment), verify);
}

function tlsIn(directory: string, verify: boolean): Tls {
  const read = (name: string) => {
    const file = join(directory, name);
    return existsSync(file) ? readFileSync(file) : null;
  };
  return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem'), verify };
}

function endpointOf(text: string, source: string, tls: Tls | null): Endpoint {
  if (text.startsWith('unix://')) return { kind: 'unix', path: text.slice('unix://'.length) };
  const url = URL.parse(text.includes('://') ? text : `tcp://${text}`);
  const host = url?.hostname ?? '';
  if (url?.protocol === 'ssh:' && host !== '') return { kind: 'ssh', target: sshTarget(url) };
  const isTcp = url !== null && ['tcp:', 'http:', 'https:'].includes(url.protocol);
  if (!isTcp || host === '')
    throw new Fault(
      'usage',
      `${source} is not an address like unix:///var/run/docker.sock, tcp://HOST:PORT or ssh://USER@HOST`,
    );
  const secure = tls ?? (url.protocol === 'https:' ? noCertificates : null);
  const port = url.port === '' ? (secure === null ? 2375 : 2376) : Number(url.port);
  return { kind: 'tcp', host: host.replace(/^\[|\]$/g, ''), port, tls: secure };
}

const noCertificates: Tls = { ca: null, cert: null, key: null, verify: true };

function sshTarget(url: URL): SshTarget {
  return {
    user: url.username === '' ? null : decodeURIComponent(url.username),
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? null : Number(url.port),
    socket: url.pathname.length > 1 ? decodeURIComponent(url.pathname) : null,
  };
}
