import type { ContainerCreateOptions, HostConfig, MountSettings } from 'dockerode';
import type { ContainerOptions } from '../../settings/verbs/container-options.ts';
import { type EngineJob, programPath } from '../engine.ts';

/** Seconds that an engine waits after its own stop signal: the wrapper has its grace, and seals after it. */
const stopSeconds = 60;

/** One mount of Docker's API. */
export type Mount = MountSettings;

/**
 * What the API is asked to create: the job's image with the emissary in front of the command. No automatic removal:
 * it takes the exit code with it.
 *
 * @param mounts where the volume and the program are
 */
export function containerRequest(job: EngineJob, mounts: readonly Mount[]): ContainerCreateOptions {
  const { resources } = job;
  return {
    name: job.name,
    Image: job.image ?? '',
    Entrypoint: [`${programPath}/emissary`],
    Cmd: ['run', '--', ...job.command],
    Env: Object.entries(job.environment).map(([name, value]) => `${name}=${value}`),
    Labels: { ...resources.container.labels, ...job.labels },
    ...(resources.user !== null && resources.user !== 'image' && { User: resources.user }),
    ...(resources.container.hostname !== null && { Hostname: resources.container.hostname }),
    // The wrapper ends the job by itself.
    StopSignal: 'SIGTERM',
    StopTimeout: stopSeconds,
    HostConfig: {
      Mounts: [...mounts, ...resources.mounts.map(bind)],
      ...(resources.network !== null && { NetworkMode: resources.network }),
      ...(resources.cpus !== null && { NanoCpus: Math.round(resources.cpus * 1e9) }),
      ...(resources.memory !== null && { Memory: resources.memory, MemorySwap: resources.memory }),
      ...hostOptions(resources.container),
    },
  };
}

/** Only what is asked for: an empty list can mean something else than none. */
function hostOptions(options: ContainerOptions): HostConfig {
  const { hosts, nameServers, addedCapabilities, droppedCapabilities, security, limits } = options;
  const { sharedMemory, processes, temporary } = options;
  return {
    ...(hosts.length > 0 && { ExtraHosts: [...hosts] }),
    ...(nameServers.length > 0 && { Dns: [...nameServers] }),
    ...(addedCapabilities.length > 0 && { CapAdd: [...addedCapabilities] }),
    ...(droppedCapabilities.length > 0 && { CapDrop: [...droppedCapabilities] }),
    ...(security.length > 0 && { SecurityOpt: [...security] }),
    ...(sharedMemory !== null && { ShmSize: sharedMemory }),
    ...(processes !== null && { PidsLimit: processes }),
    ...(Object.keys(temporary).length > 0 && { Tmpfs: { ...temporary } }),
    ...(limits.length > 0 && {
      Ulimits: limits.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
    }),
  };
}

/** A directory of the engine's host. What is missing there is never made. */
export function bind({
  source,
  target,
  readOnly,
}: {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}): Mount {
  return { Type: 'bind', Source: source, Target: target, ReadOnly: readOnly };
}
