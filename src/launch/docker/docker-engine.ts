import type Docker from 'dockerode';
import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import { pause } from '../../base/timer.ts';
import { unlessAborted } from '../../base/unless-aborted.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import {
  type ContainerEnd,
  type ContainerState,
  type Engine,
  type EngineJob,
  type Leftover,
  labels,
  type StartLimits,
} from '../engine.ts';
import type { Connection } from './connection/connect.ts';
import { engineFault, statusOf } from './connection/engine-fault.ts';
import { endReason, engineSaysEnded, gone, messagesOf } from './container-end.ts';
import { createContainer } from './create-container.ts';
import { pullImage } from './image/pull-image.ts';
import { leftoverOf } from './leftover-of.ts';
import { removeNamed } from './remove-named.ts';
import { logoutOf } from './rootless/lingering.ts';
import { removeAsPodman } from './rootless/remove-as-podman.ts';
import { VolumeElsewhere } from './volume-elsewhere.ts';
import { VolumeHere } from './volume-here.ts';
import type { VolumePlace } from './volume-place.ts';

/** Runs jobs in containers of Docker, of podman, or of any engine with Docker's API. */
export class DockerEngine implements Engine {
  readonly makesVolume = false;
  readonly #connection: Connection;
  readonly #environment: Environment;
  readonly #place: VolumePlace;

  constructor(connection: Connection, environment: Environment) {
    this.#connection = connection;
    this.#environment = environment;
    this.#place = connection.isLocal ? new VolumeHere(connection.docker) : new VolumeElsewhere(connection);
  }

  get openSender(): Engine['openSender'] {
    return this.#place.openSender;
  }

  async imageCommand(job: EngineJob): Promise<readonly string[]> {
    const { Config } = await this.#docker.getImage(job.image ?? '').inspect();
    const words = (value: string | string[] | undefined) =>
      typeof value === 'string' ? [value] : (value ?? []);
    return [...words(Config.Entrypoint), ...words(Config.Cmd)];
  }

  async create(job: EngineJob, phase: (text: string) => void, signal: AbortSignal): Promise<void> {
    await this.#provideImage(job, phase, signal);
    const command = job.command.length > 0 ? job.command : await this.imageCommand(job);
    if (command.length === 0)
      throw new Fault('usage', `launch: the image ${job.image} has no command; put one behind --`);
    const whole = { ...job, command };
    phase('creating the container');
    try {
      const request = await this.#place.request(whole);
      await this.#place.provide(whole, phase);
      await createContainer(this.#docker, request, {
        look: () => this.look(job),
        remove: () => this.remove(job),
        signal,
      });
      await this.#place.complete(whole);
    } catch (error) {
      throw signal.aborted ? error : this.#fault(`create the container of ${job.image}`, error);
    }
  }

  async start(
    job: EngineJob,
    _phase: (text: string) => void,
    { tooLate: signal }: StartLimits,
  ): Promise<void> {
    const begin = async () => {
      await this.#place.start(job);
      signal.throwIfAborted();
      await this.#docker.getContainer(job.name).start();
    };
    try {
      await unlessAborted(begin(), signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      // 304: it runs already.
      if (statusOf(error) !== 304) throw this.#fault(`start the container of ${job.image}`, error);
    }
  }

  async look(job: EngineJob): Promise<ContainerState> {
    try {
      const { State } = await this.#docker.getContainer(job.name).inspect();
      if (State.Running || State.Paused || State.Restarting) return { kind: 'running' };
      const { Status } = State as { readonly Status: string };
      if (Status === 'created' || Status === 'configured' || Status === 'initialized')
        return { kind: 'created' };
      return { kind: 'ended', exitCode: State.ExitCode, reason: endReason(State, job) };
    } catch (error) {
      if (statusOf(error) === 404) return { kind: 'absent' };
      throw this.#fault(`inspect the container ${job.name}`, error);
    }
  }

  async ended(job: EngineJob, signal: AbortSignal): Promise<ContainerEnd> {
    for (let complained = false; ; ) {
      const state = await this.#waitOnce(job, signal);
      if (signal.aborted) throw signal.reason;
      if (state?.kind === 'ended') return state;
      if (state?.kind === 'absent') return gone;
      // The engine is being restarted, or podman's service has ended: the job runs on.
      if (state === null && !(await this.#connection.revive()) && !complained) {
        log(`${this.#connection.product} does not answer; the job runs on`);
        complained = true;
      }
      await pause(limits.engineRetryMs, signal);
    }
  }

  async kill(job: EngineJob): Promise<void> {
    try {
      await this.#docker.getContainer(job.name).kill({ signal: 'SIGKILL' });
    } catch (error) {
      // 409: it does not run.
      if (![404, 409].includes(statusOf(error) ?? 0))
        throw this.#fault(`kill the container ${job.name}`, error);
    }
  }

  async remove(job: Pick<EngineJob, 'name'>): Promise<void> {
    const remove = async () => {
      await removeNamed(this.#docker, job.name);
      await this.#place.remove(job);
    };
    try {
      await remove().catch(async (error) => {
        if (statusOf(error) !== null || !(await this.#connection.revive())) throw error;
        await remove();
      });
    } catch (error) {
      throw this.#fault(`remove the container ${job.name}`, error);
    }
  }

  async messages(job: EngineJob): Promise<string> {
    return messagesOf(this.#docker, job.name);
  }

  suspicion(): string | null {
    return this.#connection.user === null ? null : logoutOf(this.#connection.user);
  }

  async leftovers(installation: string): Promise<readonly Leftover[]> {
    const filters = { label: [`${labels.installation}=${installation}`] };
    const found = await this.#docker.listContainers({ all: true, filters });
    return found.map(leftoverOf);
  }

  async removeFiles(directory: string): Promise<void> {
    if (this.#connection.isPodman) return removeAsPodman(directory, this.#environment);
    throw new Fault('engine', `${directory}: some files belong to other users; remove it as root`);
  }

  /** Null where the engine did not answer. */
  async #waitOnce(job: EngineJob, signal: AbortSignal): Promise<ContainerState | null> {
    try {
      await engineSaysEnded(this.#docker, job.name, signal);
      return await this.look(job);
    } catch (error) {
      return statusOf(error) === 404 ? gone : null;
    }
  }

  get #docker(): Docker {
    return this.#connection.docker;
  }

  async #provideImage(job: EngineJob, phase: (text: string) => void, signal: AbortSignal): Promise<void> {
    const { image, pull } = job;
    if (image === null) return;
    const pulling = { environment: this.#environment, phase, signal };
    if (pull === 'always') return pullImage(this.#docker, image, pulling);
    try {
      await this.#docker.getImage(image).inspect();
    } catch (error) {
      if (statusOf(error) !== 404) throw this.#fault(`look for the image ${image}`, error);
      if (pull === 'never')
        throw new Fault('engine', `The image ${image} is not there, and --pull never forbids to pull it`);
      await pullImage(this.#docker, image, pulling);
    }
  }

  #fault(what: string, error: unknown): Fault {
    return engineFault(`${this.#connection.product} cannot ${what}`, error);
  }
}
