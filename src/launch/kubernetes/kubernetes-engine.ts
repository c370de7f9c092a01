import type { V1Pod } from '@kubernetes/client-node';
import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { pause } from '../../base/timer.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import type {
  ContainerEnd,
  ContainerState,
  Engine,
  EngineFacts,
  EngineJob,
  Leftover,
  LogCommand,
  ReporterEnd,
  StartLimits,
} from '../engine.ts';
import type { SenderConnection } from '../mirror/follow-sender.ts';
import { registryCommand } from '../registry/image-command.ts';
import { reasonOfApi } from './api/api-error.ts';
import type { Cluster } from './api/cluster.ts';
import { deleteObject } from './api/delete-object.ts';
import { createPod } from './create-pod.ts';
import { createSecret } from './create-secret.ts';
import { killJob } from './kill-job.ts';
import { leftPods } from './left-pods.ts';
import { lastLines } from './log/last-lines.ts';
import { openSender } from './open-sender.ts';
import { warnings } from './pod-events.ts';
import { containers } from './pod-names.ts';
import { ownedBy, type PodSettings, secretRequests } from './pod-request.ts';
import { endedBeside, gone, stateOf } from './pod-state.ts';
import { removePod } from './remove-pod.ts';
import { reporterEnd } from './reporter-end.ts';
import { PodRejected, untilStarted } from './start-pod.ts';
import { podStates, readPod } from './watch-pod.ts';

/** Runs jobs in pods of a Kubernetes cluster. */
export class KubernetesEngine implements Engine {
  readonly makesVolume = true;
  readonly #cluster: Cluster;
  readonly #settings: PodSettings;
  readonly #warn: (sentence: string) => void;
  readonly #environment: Environment;

  constructor(
    cluster: Cluster,
    settings: PodSettings,
    of: { readonly warn: (sentence: string) => void; readonly environment: Environment },
  ) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#warn = of.warn;
    this.#environment = of.environment;
  }

  /** A cluster does not tell it: its registry does. */
  imageCommand({ image }: EngineJob, signal = never): Promise<readonly string[]> {
    return registryCommand(image ?? '', this.#environment, signal);
  }

  async create(job: EngineJob, phase: (text: string) => void, signal: AbortSignal): Promise<void> {
    const command = job.command.length > 0 ? job.command : await this.imageCommand(job, signal);
    if (command.length === 0)
      throw new Fault('usage', `launch: the image ${job.image} has no command; put one behind --`);
    phase('creating the pod');
    await createPod(this.#cluster, { job: { ...job, command }, settings: this.#settings, phase, signal });
  }

  /** A pod that a node refuses is made again until it is too late: the next one may get another node, or more room. */
  async start(job: EngineJob, phase: (text: string) => void, ends: StartLimits): Promise<void> {
    for (
      let pauseMs: number = limits.engineRetryMs;
      ;
      pauseMs = Math.min(pauseMs * 2, limits.clusterMaxRetryMs)
    ) {
      try {
        return await this.#startOnce(job, phase, ends);
      } catch (error) {
        if (!(error instanceof PodRejected)) throw error;
        phase(`${error.message}; another pod is tried`);
      }
      await removePod(this.#cluster, job.name);
      await pause(pauseMs, ends.cancel);
      if (ends.cancel.aborted) throw ends.cancel.reason;
      await this.create(job, () => undefined, ends.cancel);
    }
  }

  async #startOnce(job: EngineJob, phase: (text: string) => void, { cancel }: StartLimits): Promise<void> {
    const pod = await this.#read(job.name, `ask for the pod ${job.name}`);
    if (pod === null) throw new Fault('engine', `Somebody has deleted the pod ${job.name}`);
    const owner = { name: job.name, uid: pod.metadata?.uid ?? '' };
    for (const secret of secretRequests(job, this.#settings))
      await createSecret(this.#cluster, ownedBy(secret, owner), cancel);
    try {
      await untilStarted(this.#cluster, job, { phase, signal: cancel });
    } catch (error) {
      // A job that runs is asked to stop, and its results are taken.
      if (!cancel.aborted || stateOf(await readPod(this.#cluster, job.name, never)).kind !== 'running')
        throw error;
    }
  }

  async look(job: EngineJob): Promise<ContainerState> {
    return stateOf(await this.#read(job.name, `ask for the pod ${job.name}`));
  }

  async ended(job: EngineJob, signal: AbortSignal): Promise<ContainerEnd> {
    const silent = (reason: string) => this.#warn(`The cluster does not answer (${reason}); the job runs on`);
    for await (const pod of podStates(this.#cluster, job.name, { signal, silent })) {
      const state = stateOf(pod);
      if (state.kind === 'ended') return state;
      if (state.kind === 'absent') return gone;
    }
    throw signal.reason;
  }

  readonly openSender = (job: EngineJob): Promise<SenderConnection> => openSender(this.#cluster, job.name);

  logCommand({ name }: EngineJob): LogCommand {
    return {
      args: ['pod-log', ...this.#place(), name],
      environment: Object.fromEntries(this.#environment.all()),
      loss: 'both streams are one, and artifacts and the report file stay in the pod',
    };
  }

  async kill(job: EngineJob): Promise<void> {
    try {
      await killJob(this.#cluster, job.name);
    } catch (error) {
      throw this.#fault(`kill the job in the pod ${job.name}`, error);
    }
  }

  async remove({ name }: Pick<EngineJob, 'name'>): Promise<void> {
    try {
      await removePod(this.#cluster, name);
    } catch (error) {
      throw this.#fault(`delete the pod ${name}`, error);
    }
  }

  async facts({ name }: EngineJob): Promise<EngineFacts | null> {
    const pod = await readPod(this.#cluster, name, never).catch(() => null);
    if (pod === null) return null;
    return {
      place: pod.spec?.nodeName ?? null,
      events: [...(await warnings(this.#cluster, pod)), ...endedBeside(pod)],
    };
  }

  messages({ name }: EngineJob): Promise<string> {
    return lastLines(this.#cluster, name, containers.main);
  }

  lookedAtBy({ name }: EngineJob): string {
    return ['kubectl', ...this.#place(), 'describe', 'pod', name].join(' ');
  }

  leftovers(installation: string): Promise<readonly Leftover[]> {
    return leftPods(this.#cluster, installation);
  }

  reporterEnd({ name }: EngineJob): Promise<ReporterEnd> {
    const silent = (reason: string) => this.#warn(`The cluster does not answer (${reason})`);
    return reporterEnd(this.#cluster, name, { silent, signal: never });
  }

  async removeFiles(): Promise<void> {
    // Nothing of the job's users is on this host.
  }

  /** The pod's own grace: its reporter reports first. */
  letGo({ name }: EngineJob): Promise<void> {
    return deleteObject(this.#cluster, { kind: 'pods', name });
  }

  /** Options of kubectl, and of ours. */
  #place(): readonly string[] {
    const { kubeconfig, context } = this.#settings;
    return Object.entries({ kubeconfig, context, namespace: this.#cluster.namespace }).flatMap(
      ([option, value]) => (value === null ? [] : [`--${option}`, value]),
    );
  }

  async #read(name: string, what: string): Promise<V1Pod | null> {
    try {
      return await readPod(this.#cluster, name, never);
    } catch (error) {
      throw this.#fault(what, error);
    }
  }

  #fault(what: string, error: unknown): Fault {
    if (error instanceof Fault) return error;
    return new Fault('engine', `Kubernetes cannot ${what}: ${reasonOfApi(error)}`, { cause: error });
  }
}

/** For requests that are bounded by themselves. */
const never = new AbortController().signal;
