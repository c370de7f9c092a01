import type { V1Pod } from '@kubernetes/client-node';
import { Fault } from '../../../base/fault.ts';
import type { Environment } from '../../../settings/cli/environment.ts';
import type {
  ContainerEnd,
  ContainerState,
  Engine,
  EngineFacts,
  EngineJob,
  Leftover,
  ReporterEnd,
  StartLimits,
} from '../../engine.ts';
import { type SenderConnection, VolumeGone } from '../../mirror/follow-sender.ts';
import { registryCommand } from '../../registry/image-command.ts';
import { reasonOfApi, statusOf } from '../api/api-error.ts';
import type { Cluster } from '../api/cluster.ts';
import { createSecret } from '../create-secret.ts';
import { killJob } from '../kill-job.ts';
import { lastLines } from '../log/last-lines.ts';
import { openSender } from '../open-sender.ts';
import { warnings } from '../pod-events.ts';
import { containers } from '../pod-names.ts';
import { endedBeside } from '../pod-state.ts';
import { readPod } from '../watch-pod.ts';
import { askCluster, createObject } from './ask-cluster.ts';
import { type EmissaryJob, hasEnded, jobPath, jobVersion, readJob } from './emissary-job.ts';
import type { ResourceSettings } from './job-pod-template.ts';
import { jobRequest, secretRequestsOf } from './job-request.ts';
import { type JobPod, podOf, stateOfJob, untilJobEnded } from './job-state.ts';
import { leftJobs } from './left-jobs.ts';
import { nextAttempt } from './next-attempt.ts';
import { removeJob } from './remove-job.ts';
import { reportedEnd } from './reported-end.ts';
import { untilBegun } from './start-job.ts';

/** Runs jobs as resources of a cluster, whose operator makes their pods. */
export class OperatorEngine implements Engine {
  readonly makesVolume = true;
  readonly via = 'operator';
  readonly #cluster: Cluster;
  readonly #settings: ResourceSettings;
  readonly #warn: (sentence: string) => void;
  readonly #environment: Environment;
  /** The pod whose volume is followed: a later attempt has another one. */
  #pod: JobPod | null = null;

  constructor(
    cluster: Cluster,
    settings: ResourceSettings,
    of: { readonly warn: (sentence: string) => void; readonly environment: Environment },
  ) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#warn = of.warn;
    this.#environment = of.environment;
  }

  imageCommand({ image }: EngineJob, signal = never): Promise<readonly string[]> {
    return registryCommand(image ?? '', this.#environment, signal);
  }

  /** It is suspended: nothing starts before `start`. */
  async create(job: EngineJob, phase: (text: string) => void, signal: AbortSignal): Promise<void> {
    const command = job.command.length > 0 ? job.command : await this.imageCommand(job, signal);
    if (command.length === 0)
      throw new Fault('usage', `launch: the image ${job.image} has no command; put one behind --`);
    phase('creating the EmissaryJob');
    const body = jobRequest({ ...job, command }, this.#settings);
    try {
      const waiting = (reason: string) => phase(`waiting to create the EmissaryJob: ${reason}`);
      await createObject(this.#cluster, { path: jobPath(this.#cluster), body, signal }, waiting);
    } catch (error) {
      // Its name is this launch's own: it is from a request that was not answered.
      if (signal.aborted) throw error;
      if (statusOf(error) !== 409) throw this.#fault(`create the EmissaryJob ${job.name}`, error);
    }
  }

  async start(job: EngineJob, phase: (text: string) => void, { cancel }: StartLimits): Promise<void> {
    const resource = await this.#read(job);
    if (resource === null) throw new Fault('engine', `Somebody has deleted the EmissaryJob ${job.name}`);
    try {
      if (resource.spec.suspend === true) await this.#release(job, resource, cancel);
      this.#pod = podOf(await untilBegun(this.#cluster, job.name, { phase, signal: cancel }));
    } catch (error) {
      // A job that runs is asked to stop, and its results are taken.
      if (!cancel.aborted || (await this.#read(job))?.status?.phase !== 'Executing') throw error;
    }
  }

  async #release(job: EngineJob, { metadata }: EmissaryJob, signal: AbortSignal): Promise<void> {
    const { name, uid } = metadata;
    const ownerReferences = [{ apiVersion: jobVersion, kind: 'EmissaryJob', name, uid }];
    for (const secret of secretRequestsOf(job, this.#settings)) {
      const own = { ...(secret['metadata'] as object), ownerReferences };
      await createSecret(this.#cluster, { ...secret, metadata: own }, signal);
    }
    const body = { metadata: { uid }, spec: { suspend: false } };
    try {
      await askCluster(this.#cluster, { method: 'PATCH', path: jobPath(this.#cluster, name), body, signal });
    } catch (error) {
      throw this.#fault(`start the EmissaryJob ${name}`, error);
    }
  }

  async look(job: EngineJob): Promise<ContainerState> {
    return stateOfJob(this.#cluster, await this.#read(job));
  }

  ended(job: EngineJob, signal: AbortSignal): Promise<ContainerEnd> {
    const silent = (reason: string) => this.#warn(`The cluster does not answer (${reason}); the job runs on`);
    return untilJobEnded(this.#cluster, job.name, { signal, silent });
  }

  readonly openSender = async (job: EngineJob): Promise<SenderConnection> => {
    const resource = this.#pod === null ? await this.#read(job) : null;
    this.#pod ??= podOf(resource);
    if (this.#pod === null && (resource === null || hasEnded(resource))) throw new VolumeGone();
    if (this.#pod === null) throw new Error('its pod is not there yet');
    return openSender(this.#cluster, this.#pod.name);
  };

  async attempt(job: EngineJob): Promise<string | null> {
    this.#pod ??= podOf(await this.#read(job).catch(() => null));
    return this.#pod?.uid ?? null;
  }

  async nextAttempt(job: EngineJob, of: Parameters<NonNullable<Engine['nextAttempt']>>[1]): Promise<boolean> {
    const found = await nextAttempt(this.#cluster, job.name, { ...of, last: this.#pod });
    this.#pod = found ?? this.#pod;
    return found !== null;
  }

  async kill(job: EngineJob): Promise<void> {
    try {
      const pod = this.#pod ?? podOf(await this.#read(job));
      if (pod !== null) await killJob(this.#cluster, pod.name);
    } catch (error) {
      throw this.#fault(`kill the job of the EmissaryJob ${job.name}`, error);
    }
  }

  async remove(job: Pick<EngineJob, 'name'>): Promise<void> {
    try {
      const resource = await this.#read(job);
      if (resource === null || (await removeJob(this.#cluster, resource))) return;
      this.#warn(`The EmissaryJob ${job.name} was deleted; it goes as soon as its operator is back`);
    } catch (error) {
      throw this.#fault(`delete the EmissaryJob ${job.name}`, error);
    }
  }

  async facts(job: EngineJob): Promise<EngineFacts | null> {
    const pod = this.#pod ?? podOf(await this.#read(job).catch(() => null));
    if (pod === null) return null;
    const found = await this.#readPod(pod.name).catch(() => null);
    // The events of a pod are there a little longer than itself.
    const known = found ?? ({ metadata: pod } as V1Pod);
    const events = [...(await warnings(this.#cluster, known)), ...endedBeside(known)];
    return { place: found?.spec?.nodeName ?? null, events };
  }

  async messages(job: EngineJob): Promise<string> {
    const pod = this.#pod ?? podOf(await this.#read(job));
    return pod === null ? '' : lastLines(this.#cluster, pod.name, containers.main);
  }

  lookedAtBy({ name }: EngineJob): string {
    return `kubectl --namespace ${this.#cluster.namespace} describe emissaryjob ${name}`;
  }

  leftovers(installation: string): Promise<readonly Leftover[]> {
    return leftJobs(this.#cluster, installation);
  }

  async reporterEnd(job: EngineJob): Promise<ReporterEnd> {
    this.#pod ??= podOf(await this.#read(job));
    return reportedEnd(this.#cluster, job.name, this.#pod?.name ?? null, this.#warn);
  }

  async removeFiles(): Promise<void> {
    // Nothing of the job's users is on this host.
  }

  #readPod(name: string): Promise<V1Pod | null> {
    return readPod(this.#cluster, name, never);
  }

  async #read({ name }: Pick<EngineJob, 'name'>): Promise<EmissaryJob | null> {
    try {
      return await readJob(this.#cluster, name, never);
    } catch (error) {
      // There are no such resources at all.
      if (statusOf(error) === 404) return null;
      throw this.#fault(`ask for the EmissaryJob ${name}`, error);
    }
  }

  #fault(what: string, error: unknown): Fault {
    if (error instanceof Fault) return error;
    const isUnknown = statusOf(error) === 404 && !/^namespaces /.test(reasonOfApi(error));
    const why = isUnknown
      ? 'it has no such resources; apply images/operator/crd.yaml, or leave --via out'
      : reasonOfApi(error);
    return new Fault('engine', `Kubernetes cannot ${what}: ${why}`, { cause: error });
  }
}

/** For requests that are bounded by themselves. */
const never = new AbortController().signal;
