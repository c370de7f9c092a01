import { existsSync } from 'node:fs';
import type { ContainerCreateOptions, MountSettings } from 'dockerode';
import { Fault } from '../../base/fault.ts';
import { type EngineJob, programPath, secretsPath, volumePath } from '../engine.ts';

/** Seconds that an engine waits after its own stop signal: the wrapper has its grace, and seals after it. */
const stopSeconds = 60;

/**
 * What the API is asked to create: the job's image with the emissary in front of the command. No automatic removal:
 * it takes the exit code with it. Mounts never create what is missing on the engine's host.
 *
 * @param relabel whether SELinux labels have to be set on our own directories
 */
export function containerRequest(job: EngineJob, relabel: boolean): ContainerCreateOptions {
  const { places, resources } = job;
  const own = [
    { source: places.volume, target: volumePath, readOnly: false },
    { source: places.program, target: programPath, readOnly: true },
    { source: places.secrets, target: secretsPath, readOnly: true },
  ];
  return {
    name: job.name,
    Image: job.image ?? '',
    Entrypoint: [`${programPath}/emissary`],
    Cmd: ['run', '--', ...job.command],
    Env: Object.entries(job.environment).map(([name, value]) => `${name}=${value}`),
    Labels: { ...job.labels },
    ...(resources.user !== null && { User: resources.user }),
    // The wrapper ends the job by itself.
    StopSignal: 'SIGTERM',
    StopTimeout: stopSeconds,
    HostConfig: {
      ...(relabel
        ? {
            Binds: own.map(({ source, target, readOnly }) => `${source}:${target}:z${readOnly ? ',ro' : ''}`),
          }
        : {}),
      Mounts: [...(relabel ? [] : own), ...resources.mounts].map(bind),
      ...(resources.network !== null && { NetworkMode: resources.network }),
      ...(resources.cpus !== null && { NanoCpus: Math.round(resources.cpus * 1e9) }),
      ...(resources.memory !== null && { Memory: resources.memory, MemorySwap: resources.memory }),
    },
  };
}

function bind({
  source,
  target,
  readOnly,
}: {
  source: string;
  target: string;
  readOnly: boolean;
}): MountSettings {
  return { Type: 'bind', Source: source, Target: target, ReadOnly: readOnly };
}

/**
 * Podman would make a missing source, as an empty directory.
 *
 * @throws Fault `usage`
 */
export function requireSources({ resources }: EngineJob): void {
  for (const { source } of resources.mounts)
    if (!existsSync(source))
      throw new Fault(
        'usage',
        `--mount: ${source} does not exist on this machine; nothing is made in its place`,
      );
}
