import type { Agent, IncomingMessage } from 'node:http';
import Docker from 'dockerode';
import { errnoOf, Fault } from '../../base/fault.ts';
import type { Endpoint } from './endpoint.ts';
import { EngineAgent } from './engine-agent.ts';
import { engineReason, statusOf } from './engine-fault.ts';
import { SshAgent } from './ssh-agent.ts';

/** The versions of Docker's API that this client speaks. */
const oldest = [1, 40] as const;
const newest = [1, 52] as const;

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
}

interface VersionAnswer {
  readonly MinAPIVersion?: string;
}

/** What `/_ping` answers in its headers. */
interface Ping {
  readonly apiVersion: string;
  /** `Docker/20.10.24 (linux)`, `Libpod/4.3.1 (linux)`. */
  readonly server: string;
}

/**
 * Connects to an engine, and agrees with it on a version of the API.
 *
 * @param name as the user calls it, for messages
 * @throws Fault `engine` if it does not answer, may not be used, or is too old or too new
 */
export async function connect(name: string, endpoint: Endpoint): Promise<Connection> {
  const unversioned = new Docker(clientOptions(name, endpoint, undefined));
  let answer: Ping;
  try {
    answer = await ping(unversioned);
  } catch (error) {
    throw new Fault(
      'engine',
      `Cannot reach ${name} at ${addressOf(endpoint)}: ${advice(name, endpoint, error)}`,
      { cause: error },
    );
  }
  const isPodman = answer.server.startsWith('Libpod/');
  const version = /\/(\S+)/.exec(answer.server)?.[1] ?? '';
  const api = await agreedVersion(name, answer, unversioned);
  return {
    docker: new Docker(clientOptions(name, endpoint, api)),
    api,
    product: `${isPodman ? 'Podman' : 'Docker'} ${version}`.trim(),
    isPodman,
    isLocal: endpoint.kind === 'unix',
  };
}

/** Not `/version`: podman takes a second for it, since it asks all of its helpers for theirs. */
function ping({ modem }: Docker): Promise<Ping> {
  const options = {
    path: '/_ping',
    method: 'GET',
    isStream: true,
    statusCodes: { 200: true, 500: 'server error' },
  };
  return new Promise((resolve, reject) => {
    modem.dial(options, (error: unknown, found: unknown) => {
      if (error !== null && error !== undefined) return reject(error);
      const { headers, resume } = found as IncomingMessage;
      resume.call(found);
      const text = (name: string) => String(headers[name] ?? '');
      resolve({ apiVersion: text('api-version') || '1.41', server: text('server') });
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

function clientOptions(name: string, endpoint: Endpoint, version: string | undefined): Docker.DockerOptions {
  const common = version === undefined ? {} : { version };
  switch (endpoint.kind) {
    case 'unix':
      return { ...common, socketPath: endpoint.path };
    case 'ssh': {
      const { socket } = endpoint.target;
      const at = socket === null ? [] : [name === 'podman' ? '--url' : '--host', `unix://${socket}`];
      return through(new SshAgent(endpoint.target, [name, ...at, 'system', 'dial-stdio']), common);
    }
    case 'tcp':
      return through(new EngineAgent(endpoint), common);
  }
}

/** Every connection is the agent's; the client takes it for one to a socket. */
function through(agent: Agent, common: Docker.DockerOptions): Docker.DockerOptions {
  return { ...common, socketPath: '/', protocol: 'http', ...({ agent } as object) };
}

async function agreedVersion(name: string, { apiVersion }: Ping, docker: Docker): Promise<string> {
  const theirs = numbersOf(apiVersion);
  const agreed = compare(theirs, newest) < 0 ? theirs : newest;
  // Only a newer engine may have dropped what we speak.
  const least = compare(theirs, newest) > 0 ? await leastVersion(docker) : oldest;
  if (compare(agreed, oldest) >= 0 && compare(agreed, least) >= 0) return `v${agreed.join('.')}`;
  const range = least === oldest ? theirs.join('.') : `${least.join('.')} to ${theirs.join('.')}`;
  throw new Fault(
    'engine',
    `${name} speaks the versions ${range} of Docker's API, and this program ` +
      `${oldest.join('.')} to ${newest.join('.')}: upgrade the older one`,
  );
}

async function leastVersion(docker: Docker): Promise<Version> {
  const { MinAPIVersion } = (await docker.version()) as VersionAnswer;
  return numbersOf(MinAPIVersion ?? '1.24');
}

type Version = readonly [number, number];

function numbersOf(text: string): Version {
  const [major = 0, minor = 0] = text.split('.').map(Number);
  return [major, minor];
}

function compare(one: Version, other: Version): number {
  return one[0] - other[0] || one[1] - other[1];
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
