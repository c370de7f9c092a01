import { basename } from 'node:path';
import type Docker from 'dockerode';
import type { ContainerCreateOptions } from 'dockerode';
import { Fault } from '../../base/fault.ts';
import { type EngineJob, labels, programPath, secretsPath, volumePath } from '../engine.ts';
import { type SenderConnection, VolumeGone } from '../mirror/follow-sender.ts';
import type { Connection } from './connection/connect.ts';
import { statusOf } from './connection/engine-fault.ts';
import { containerRequest, type Mount } from './container-request.ts';
import { packDirectory } from './pack-directory.ts';
import { removeNamed } from './remove-named.ts';
import { StreamSplitter } from './stream-splitter.ts';
import type { VolumePlace } from './volume-place.ts';

/**
 * An engine on another machine: nothing of this host can be mounted there. A job has a named volume, and a reporter's
 * container that holds it (`emissary hold`), in which senders run. The program is on a volume that all jobs share.
 */
export class VolumeElsewhere implements VolumePlace {
  readonly #docker: Docker;
  readonly #isPodman: boolean;

  constructor({ docker, isPodman }: Connection) {
    this.#docker = docker;
    this.#isPodman = isPodman;
  }

  async request(job: EngineJob): Promise<ContainerCreateOptions> {
    // Podman would make a missing directory, and it cannot be asked whether it is there.
    if (this.#isPodman && job.resources.mounts.length > 0)
      throw new Fault(
        'usage',
        '--mount: a podman on another machine cannot tell whether the directory exists there',
      );
    return containerRequest(job, mountsOf(job, { programReadOnly: true }));
  }

  async provide(job: EngineJob, phase: (text: string) => void): Promise<void> {
    for (const Name of [job.name, programVolume(job)])
      await this.#docker.createVolume({ Name, Labels: labelsOf(job, Name) });
    await removeNamed(this.#docker, reporterName(job));
    await this.#docker.createContainer(reporterRequest(job));
    const reporter = this.#docker.getContainer(reporterName(job));
    if (!(await hasFile(reporter, `${programPath}/emissary`))) {
      phase('copying the program to the engine');
      await put(reporter, programPath, job.places.program);
    }
    await put(reporter, volumePath, job.places.volume);
  }

  /** Into the container itself, which goes with the job: on the volume they would be mirrored. */
  async complete(job: EngineJob): Promise<void> {
    await put(this.#docker.getContainer(job.name), '/', job.places.secrets, secretsPath);
  }

  async start(job: EngineJob): Promise<void> {
    await this.#startReporter(job);
  }

  async remove({ name }: Pick<EngineJob, 'name'>): Promise<void> {
    await removeNamed(this.#docker, reporterName({ name }));
    try {
      await this.#docker.getVolume(name).remove();
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
    }
  }

  readonly openSender = async (job: EngineJob): Promise<SenderConnection> => {
    try {
      return await this.#exec(job);
    } catch (error) {
      if (statusOf(error) === 404) throw new VolumeGone();
      // It was killed, or its engine was restarted; the volume is there.
      if (statusOf(error) !== 409 && statusOf(error) !== 500) throw error;
      await this.#startReporter(job);
      return this.#exec(job);
    }
  };

  async #startReporter(job: EngineJob): Promise<void> {
    try {
      await this.#docker.getContainer(reporterName(job)).start();
    } catch (error) {
      if (statusOf(error) === 404) throw new VolumeGone();
      if (statusOf(error) !== 304) throw error;
    }
  }

  async #exec(job: EngineJob): Promise<SenderConnection> {
    const exec = await this.#docker.getContainer(reporterName(job)).exec({
      Cmd: [`${programPath}/emissary`, 'send', '--encoding', 'binary'],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
    });
    const stream = await exec.start({ hijack: true, stdin: true }).catch((error: unknown) => {
      // The container was there a moment ago; an engine that was restarted since has forgotten only this sender.
      throw statusOf(error) === 404 ? new Error('its sender is gone') : error;
    });
    const input = new StreamSplitter();
    stream.on('error', (error: Error) => input.destroy(error));
    stream.on('close', () => input.end());
    stream.pipe(input);
    return {
      input,
      output: stream,
      encoding: 'binary',
      failed: new Promise(() => undefined),
      close: async () => {
        stream.destroy();
      },
    };
  }
}

function reporterName({ name }: Pick<EngineJob, 'name'>): string {
  return `${name}-reporter`;
}

/** One for each version of the program and each installation: nobody else writes to it. */
function programVolume({ places, labels: own }: EngineJob): string {
  return `emissary-program-${own[labels.installation]}-${basename(places.program)}`;
}

function labelsOf(job: EngineJob, volume: string): Record<string, string> {
  const { [labels.job]: key = '', ...installation } = job.labels;
  return volume === job.name ? { ...installation, [labels.job]: key } : installation;
}

function mountsOf(
  job: EngineJob,
  { programReadOnly }: { readonly programReadOnly: boolean },
): readonly Mount[] {
  const mount = (Source: string, Target: string, ReadOnly: boolean): Mount => ({
    Type: 'volume',
    Source,
    Target,
    ReadOnly,
    // Nothing of the image's own goes onto it.
    VolumeOptions: { NoCopy: true, Labels: {}, DriverConfig: { Name: 'local', Options: {} } },
  });
  return [mount(job.name, volumePath, false), mount(programVolume(job), programPath, programReadOnly)];
}

/** Root, since files of every user have to be read, and no more than that needs. */
function reporterRequest(job: EngineJob): ContainerCreateOptions {
  return {
    name: reporterName(job),
    Image: job.image ?? '',
    Entrypoint: [`${programPath}/emissary`],
    Cmd: ['hold'],
    User: '0:0',
    Labels: { ...job.labels },
    HostConfig: {
      Mounts: [...mountsOf(job, { programReadOnly: false })],
      NetworkMode: 'none',
      CapDrop: ['ALL'],
      CapAdd: ['DAC_OVERRIDE', 'FOWNER'],
      SecurityOpt: ['no-new-privileges'],
    },
  };
}

async function hasFile(container: Docker.Container, path: string): Promise<boolean> {
  try {
    await container.infoArchive({ path });
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

async function put(container: Docker.Container, path: string, directory: string, below = ''): Promise<void> {
  const pack = packDirectory(directory, below);
  await Promise.all([container.putArchive(pack.stream, { path }), pack.ended]);
}
