import { statSync } from 'node:fs';
import type { Agent, IncomingMessage } from 'node:http';
import Docker from 'dockerode';
import { errnoOf, Fault } from '../../../base/fault.ts';
import { limits } from '../../../base/limits.ts';
import type { Environment } from '../../../settings/cli/environment.ts';
import { agreedVersion } from './agreed-version.ts';
import { boundCalls } from './bound-calls.ts';
import type { Endpoint } from './endpoint.ts';
import { EngineAgent } from './engine-agent.ts';
import { engineReason, statusOf } from './engine-fault.ts';
import { SshAgent } from './ssh-agent.ts';

/** A connected engine. */
export interface Connection {
  readonly docker: Docker;
  /** Its product and version, for people. */
  readonly product: string;
  /** The version of the API that both speak: `v1.41`. */
  readonly api: string;
  /** Whether it is podman, whatever it was asked for as. */
  readonly isPodman: boolean;
  /** Whether directories of this host can be its own. */
  readonly isLocal: boolean;
  /** Whose podman it is; null: it is none, or at another machine. */
  readonly user: number | null;
  /** Starts it again, if it is ours. @returns whether it answers */
  readonly revive: () => Promise<boolean>;
}

/** What a connection is made with. */
export interface ConnectSetup {
  /** For ssh: its agent, its user's directory. */
  readonly environment: Environment;
  /** Aborted: rejects with its reason. */
  readonly signal: AbortSignal;
}

/** What `/_ping` answers in its headers. */
interface Ping {
  /** Null: what answers is no engine. */
  readonly apiVersion: string | null;
  /** `Docker/20.10.24 (linux)`, `Libpod/4.3.1 (linux)`. */
  readonly server: string;
}

/**
 * Connects to an engine, and agrees with it on a version of the API.
 *
 * @param name as the user calls it, for messages
 * @throws Fault `engine` if it does not answer, may not be used, or is too old or too new
 */
export async function connect(
  name: string,
  endpoint: Endpoint,
  { environment, signal }: ConnectSetup,
): Promise<Connection> {
  const client = (version?: string) =>
    boundCalls(new Docker(clientOptions(name, endpoint, { environment, version })));
  const unversioned = client();
  const late = AbortSignal.timeout(limits.engineAnswerMs);
  const unreachable = (reason: string, cause?: unknown) =>
    new Fault('engine', `Cannot reach ${name} at ${addressOf(endpoint)}: ${reason}`, { cause });
  let answer: Ping;
  try {
    answer = await ping(unversioned, AbortSignal.any([signal, late]));
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (late.aborted) throw unreachable(`it did not answer within ${limits.engineAnswerMs / 1000} s`);
    throw unreachable(advice(name, endpoint, error), error);
  }
  const { apiVersion, server } = answer;
  if (apiVersion === null) throw unreachable("what answers there has not Docker's API");
  const isPodman = server.startsWith('Libpod/');
  const version = /\/(\S+)/.exec(server)?.[1] ?? '';
  const api = await agreedVersion(name, { apiVersion, docker: unversioned });
  return {
    docker: client(api),
    api,
    product: `${isPodman ? 'Podman' : 'Docker'} ${version}`.trim(),
    isPodman,
    isLocal: endpoint.kind === 'unix',
    user: isPodman && endpoint.kind === 'unix' ? podmanUser(endpoint.path) : null,
    revive: async () => false,
  };
}

/** The owner of its socket, since asking the engine takes time. */
function podmanUser(socket: string): number | null {
  return statSync(socket, { throwIfNoEntry: false })?.uid ?? null;
}

/** Not `/version`: podman takes a second for it, since it asks all of its helpers for theirs. */
function ping({ modem }: Docker, abortSignal: AbortSignal): Promise<Ping> {
  const options = {
    path: '/_ping',
    method: 'GET',
    isStream: true,
    statusCodes: { 200: true, 500: 'server error' },
    abortSignal,
  };
  return new Promise((resolve, reject) => {
    modem.dial(options, (error: unknown, found: unknown) => {
      if (error !== null && error !== undefined) return reject(error);
      const { headers, resume } = found as IncomingMessage;
      resume.call(found);
      const text = (name: string) => String(headers[name] ?? '');
      resolve({ apiVersion: text('api-version') || null, server: text('server') });
    });
  });
}

/** An endpoint, for people. */
export function addressOf(endpoint: Endpoint): string {
  switch (endpoint.kind) {
    case 'unix':
      return endpoint.path;
    case 'tcp':
      return `${endpoint.host}:${endpoint.port}`;
    case 'ssh':
      return `ssh://${endpoint.target.host}`;
  }
}

function clientOptions(
  name: string,
  endpoint: Endpoint,
  { environment, version }: { readonly environment: Environment; readonly version: string | undefined },
): Docker.DockerOptions {
  const common = version === undefined ? {} : { version };
  switch (endpoint.kind) {
    case 'unix':
      return { ...common, socketPath: endpoint.path };
    case 'ssh': {
      const { socket } = endpoint.target;
      const at = socket === null ? [] : [name === 'podman' ? '--url' : '--host', `unix://${socket}`];
      return through(
        new SshAgent(endpoint.target, [name, ...at, 'system', 'dial-stdio'], environment),
        common,
      );
    }
    case 'tcp':
      return through(new EngineAgent(endpoint), common);
  }
}

/** Every connection is the agent's; the client takes it for one to a socket. */
function through(agent: Agent, common: Docker.DockerOptions): Docker.DockerOptions {
  return { ...common, socketPath: '/', protocol: 'http', ...({ agent } as object) };
}

function advice(name: string, endpoint: Endpoint, error: unknown): string {
  const reason = statusOf(error) === null ? engineReason(error) : `it answered ${engineReason(error)}`;
  if (endpoint.kind !== 'unix') return reason;
  switch (errnoOf(error)) {
    case 'EACCES':
      return `this user may not use its socket; add the user to the group of the socket, or run as root`;
    case 'ENOENT':
    case 'ECONNREFUSED':
      return `no engine listens there; start it, or set ${name === 'podman' ? 'CONTAINER_HOST' : 'DOCKER_HOST'}`;
    default:
      return reason;
  }
}
