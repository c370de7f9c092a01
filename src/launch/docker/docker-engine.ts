import { existsSync } from 'node:fs';
import type Docker from 'dockerode';
import { execa } from 'execa';
import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import { pause } from '../../base/timer.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import {
  type ContainerEnd,
  type ContainerState,
  type Engine,
  type EngineJob,
  type Leftover,
  labels,
} from '../engine.ts';
import type { Connection } from './connect.ts';
import { endReason, gone, withoutFrames } from './container-end.ts';
import { containerRequest, requireSources } from './container-request.ts';
import { engineFault, statusOf } from './engine-fault.ts';
import { pullImage } from './pull-image.ts';

/** Runs jobs in containers of Docker, of podman, or of any engine with Docker's API. */
export class DockerEngine implements Engine {
  readonly #connection: Connection;
  readonly #environment: Environment;

  constructor(connection: Connection, environment: Environment) {
    this.#connection = connection;
    this.#environment = environment;
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
    requireSources(job);
    const request = containerRequest({ ...job, command }, await this.#relabels());
    phase('creating the container');
    const created = this.#docker.createContainer(request);
    try {
      await unlessAborted(created, signal);
    } catch (error) {
      if (statusOf(error) === 409 && (await this.look(job)).kind === 'created') {
        await this.remove(job);
        return this.create(job, phase, signal);
      }
      // The engine may create it after all: it must not stay, and never starts.
      if (signal.aborted)
        await created.then(
          () => this.remove(job),
          () => undefined,
        );
      throw signal.aborted ? error : this.#fault(`create the container of ${job.image}`, error);
    }
  }

  async start(job: EngineJob): Promise<void> {
    try {
      await this.#docker.getContainer(job.name).start();
    } catch (error) {
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
      if (state === null && !complained) log(`${this.#connection.product} does not answer; the job runs on`);
      complained ||= state === null;
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
    try {
      // v: with the anonymous volumes of its image.
      await this.#docker.getContainer(job.name).remove({ force: true, v: true });
    } catch (error) {
      // 409: it is being removed.
      if (![404, 409].includes(statusOf(error) ?? 0))
        throw this.#fault(`remove the container ${job.name}`, error);
    }
  }

  async messages(job: EngineJob): Promise<string> {
    try {
      const options = { stdout: true, stderr: true, follow: false as const, tail: limits.messageLines };
      const bytes = await this.#docker.getContainer(job.name).logs(options);
      return withoutFrames(Buffer.from(bytes)).toString();
    } catch {
      // Only a hint for people.
      return '';
    }
  }

  async leftovers(installation: string): Promise<readonly Leftover[]> {
    const filters = { label: [`${labels.installation}=${installation}`] };
    const found = await this.#docker.listContainers({ all: true, filters });
    return found.map(({ Names, Labels, State }) => ({
      name: (Names[0] ?? '').replace(/^\//, ''),
      key: Labels[labels.job] ?? '',
      running: State === 'running' || State === 'paused',
    }));
  }

  async removeFiles(directory: string): Promise<void> {
    if (!this.#connection.isPodman)
      throw new Fault('engine', `${directory}: some files belong to other users; remove it as root`);
    // Rootless: the job's users are mapped ones, which only podman can become.
    const { exitCode, stderr } = await execa('podman', ['unshare', 'rm', '-rf', '--', directory], {
      cwd: '/',
      reject: false,
    });
    if (exitCode !== 0) throw new Fault('engine', `Cannot remove ${directory}: ${stderr.trim()}`);
  }

  /** Null where the engine did not answer. */
  async #waitOnce(job: EngineJob, signal: AbortSignal): Promise<ContainerState | null> {
    try {
      await this.#docker.getContainer(job.name).wait({ abortSignal: signal });
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

  /** `:z` only where the engine has SELinux. */
  async #relabels(): Promise<boolean> {
    // Only a machine with it has this directory; asking the engine takes time.
    if (!existsSync('/sys/fs/selinux/enforce')) return false;
    const { SecurityOptions } = (await this.#docker.info()) as {
      readonly SecurityOptions?: readonly string[];
    };
    return SecurityOptions?.some((option) => option.includes('selinux')) === true;
  }

  #fault(what: string, error: unknown): Fault {
    return engineFault(`${this.#connection.product} cannot ${what}`, error);
  }
}

/** The promise's value, or the signal's reason, whichever is first. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject);
  });
}
