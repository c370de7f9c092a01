import { type Connection, connect } from '../docker/connection/connect.ts';
import type { LocatedEndpoint } from '../docker/connection/endpoint.ts';
import { locateEngine } from '../docker/open-docker.ts';
import { type PodmanInfo, podmanInfo } from '../docker/rootless/podman-info.ts';
import type { Subject } from './subject.ts';

/** What a Docker or podman tells about itself, beyond what `launch` needs. */
export interface EngineInfo {
  readonly SecurityOptions?: readonly string[] | null;
  /** Podman's own; Docker lists it among its security options. */
  readonly Rootless?: boolean;
}

/** The way to an engine with Docker's API: found, connected and asked once for all checks. */
export class EngineAccess {
  readonly name: 'docker' | 'podman';
  readonly #subject: Subject;
  #located: Promise<LocatedEndpoint> | null = null;
  #connection: Promise<Connection> | null = null;
  #info: Promise<EngineInfo> | null = null;
  #podman: Promise<PodmanInfo> | null = null;

  constructor(name: 'docker' | 'podman', subject: Subject) {
    this.name = name;
    this.#subject = subject;
  }

  /** @throws Fault `engine`, `usage` */
  locate(): Promise<LocatedEndpoint> {
    this.#located ??= locateEngine(this.name, this.#subject);
    return this.#located;
  }

  /** @throws Fault `engine` */
  connect(): Promise<Connection> {
    this.#connection ??= this.locate().then(({ endpoint }) => connect(this.name, endpoint, this.#subject));
    return this.#connection;
  }

  /** @throws the engine's error */
  info(): Promise<EngineInfo> {
    this.#info ??= this.connect().then(({ docker }) => docker.info() as Promise<EngineInfo>);
    return this.#info;
  }

  /** @throws the engine's error */
  podman(): Promise<PodmanInfo> {
    this.#podman ??= this.connect().then(podmanInfo);
    return this.#podman;
  }

  /** Whether the engine runs without root's rights. */
  async isRootless(): Promise<boolean> {
    const { SecurityOptions, Rootless } = await this.info();
    return Rootless === true || SecurityOptions?.some((option) => option.includes('rootless')) === true;
  }
}
