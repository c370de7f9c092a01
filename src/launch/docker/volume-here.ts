import { existsSync } from 'node:fs';
import type Docker from 'dockerode';
import type { ContainerCreateOptions } from 'dockerode';
import { Fault } from '../../base/fault.ts';
import { type EngineJob, programPath, secretsPath, volumePath } from '../engine.ts';
import { bind, containerRequest } from './container-request.ts';
import type { VolumePlace } from './volume-place.ts';

/** The engine of this host: a job's volume is a directory that its container mounts. */
export class VolumeHere implements VolumePlace {
  readonly openSender = null;
  readonly #docker: Docker;

  constructor(docker: Docker) {
    this.#docker = docker;
  }

  async request(job: EngineJob): Promise<ContainerCreateOptions> {
    requireSources(job);
    return bindingRequest(job, await this.#relabels());
  }

  async provide(): Promise<void> {
    // `init` makes the directory meanwhile.
  }

  async complete(): Promise<void> {
    // All of it is mounted.
  }

  async start(): Promise<void> {
    // The reporter runs on this host.
  }

  async remove(): Promise<void> {
    // The directory is the launcher's.
  }

  /** `:z` only on our own directories, and only where the engine has SELinux. */
  async #relabels(): Promise<boolean> {
    // Only a machine with it has this directory; asking the engine takes time.
    if (!existsSync('/sys/fs/selinux/enforce')) return false;
    const { SecurityOptions } = (await this.#docker.info()) as {
      readonly SecurityOptions?: readonly string[];
    };
    return SecurityOptions?.some((option) => option.includes('selinux')) === true;
  }
}

/**
 * What the engine is asked to create, with the launch's directories bound.
 *
 * @param relabel whether SELinux labels have to be set on them: never on a user's `--mount`
 */
export function bindingRequest(job: EngineJob, relabel: boolean): ContainerCreateOptions {
  const { places } = job;
  const own = [
    { source: places.volume, target: volumePath, readOnly: false },
    { source: places.program, target: programPath, readOnly: true },
    { source: places.secrets, target: secretsPath, readOnly: true },
  ];
  if (!relabel) return containerRequest(job, own.map(bind));
  const request = containerRequest(job, []);
  const Binds = own.map(({ source, target, readOnly }) => `${source}:${target}:z${readOnly ? ',ro' : ''}`);
  return { ...request, HostConfig: { ...request.HostConfig, Binds } };
}

/** Podman would make a missing source, as an empty directory. @throws Fault `usage` */
function requireSources({ resources }: EngineJob): void {
  for (const { source } of resources.mounts)
    if (!existsSync(source))
      throw new Fault(
        'usage',
        `--mount: ${source} does not exist on this machine; nothing is made in its place`,
      );
}
