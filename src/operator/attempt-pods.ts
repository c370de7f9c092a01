import { limits } from '../base/limits.ts';
import { ApiError, isTemporary, reasonOfApi, statusOf } from '../launch/kubernetes/api/api-error.ts';
import { ownedBy } from '../launch/kubernetes/pod-request.ts';
import { type Pod, stateOf } from '../launch/kubernetes/pod-state.ts';
import { readPod } from '../launch/kubernetes/watch-pod.ts';
import type { PodJob } from '../pod/pod-job.ts';
import { podOf, secretsOf } from '../pod/pod-of.ts';
import { createOwnSecret, hasOwnSecret } from './create-own-secret.ts';
import type { JobResource } from './job-resource.ts';
import type { LedCluster } from './leadership.ts';
import { keyOf, type Place } from './object-key.ts';
import { ObjectStore } from './object-store.ts';

/** What a request for a pod has come to; the last two: why there is none. */
export type Created =
  | { readonly kind: 'made'; readonly pod: Pod }
  /** It may be made later. */
  | { readonly kind: 'waits'; readonly reason: string; readonly message: string }
  /** The server will never make it. */
  | { readonly kind: 'refused'; readonly message: string };

const never = new AbortController().signal;

/** The pods of all jobs. */
export class AttemptPods {
  readonly #cluster: LedCluster;
  readonly #store: ObjectStore<Pod>;
  /** Last states of pods that are gone, by UID. */
  readonly #gone = new Map<string, Pod>();
  /** UIDs of pods whose Secrets are made. */
  readonly #released = new Set<string>();

  /**
   * @param path of their list
   * @param changed is told the keys of jobs
   */
  constructor(cluster: LedCluster, path: string, changed: (job: string) => void) {
    this.#cluster = cluster;
    this.#store = new ObjectStore<Pod>(path, (pod, isGone) => {
      if (isGone) this.#remember(pod);
      const owner = pod.metadata?.ownerReferences?.find(({ kind }) => kind === 'EmissaryJob');
      if (owner !== undefined) changed(keyOf({ ...pod.metadata, name: owner.name }));
    });
  }

  get isListed(): boolean {
    return this.#store.isListed;
  }

  get listed(): Promise<void> {
    return this.#store.listed;
  }

  follow(signal: AbortSignal, silent: (reason: string) => void): Promise<void> {
    return this.#store.follow(this.#cluster, signal, silent);
  }

  /** A pod of that name, whosoever; that there is none is asked of the server. */
  async find(place: Required<Place>): Promise<Pod | null> {
    return this.#store.get(place) ?? readPod(this.#cluster.in(place.namespace), place.name, never);
  }

  /** A pod as the server has it; null: there is none. */
  ask({ namespace, name }: Pick<JobResource['metadata'], 'namespace' | 'name'>): Promise<Pod | null> {
    return readPod(this.#cluster.in(namespace), name, never);
  }

  /** The last that was seen of a pod that is gone. */
  lastOf(uid: string): Pod | null {
    return this.#gone.get(uid) ?? null;
  }

  /** Makes an attempt's pod; it cannot start before it is released. @throws where it is to be tried again */
  async create(job: PodJob, namespace: string): Promise<Created> {
    const cluster = this.#cluster.in(namespace);
    const wanted = {
      method: 'POST',
      path: cluster.path('pods'),
      body: podOf(job),
      signal: never,
    } as const;
    try {
      const pod = (await cluster.send(wanted)) as unknown as Pod;
      this.#store.put(pod);
      return { kind: 'made', pod };
    } catch (error) {
      if (error instanceof ApiError && error.reason === 'AlreadyExists') {
        const pod = await readPod(cluster, job.name, never);
        if (pod !== null) return { kind: 'made', pod };
      }
      return refusal(error);
    }
  }

  /** Whether a pod has all that it waits for. @throws what is to be tried again */
  async isReleased(pod: Pod, job: () => Promise<PodJob>): Promise<boolean> {
    const { namespace = '', uid = '' } = pod.metadata ?? {};
    if (this.#released.has(uid) || stateOf(pod).kind !== 'created') return true;
    const cluster = this.#cluster.in(namespace);
    for (const { metadata } of secretsOf(await job()) as readonly Pod[])
      if (!(await hasOwnSecret(cluster, metadata?.name ?? '', uid))) return false;
    this.#released.add(uid);
    return true;
  }

  /**
   * Makes the Secrets that a pod waits for: the job starts.
   *
   * @returns why that is refused for good: a clause; null: they are there
   * @throws what is to be tried again
   */
  async release(pod: Pod, job: () => Promise<PodJob>): Promise<string | null> {
    const { name = '', namespace = '', uid = '' } = pod.metadata ?? {};
    if (this.#released.has(uid) || stateOf(pod).kind !== 'created') return null;
    for (const secret of secretsOf(await job())) {
      const refused = await createOwnSecret(this.#cluster.in(namespace), ownedBy(secret, { name, uid }), uid);
      if (refused !== null) return refused;
    }
    this.#released.add(uid);
    return null;
  }

  /** Stops a pod: within its own grace, or at once where it has not started. */
  async stop(pod: Pod, grace: 'own' | 'none' = 'own'): Promise<void> {
    const { name = '', namespace = '', uid, deletionTimestamp } = pod.metadata ?? {};
    if (deletionTimestamp !== undefined) return;
    const body = {
      preconditions: { uid },
      ...(grace === 'none' && { gracePeriodSeconds: limits.podRemovalSeconds }),
    };
    try {
      await this.#cluster.send({
        method: 'DELETE',
        path: this.#cluster.in(namespace).path('pods', name),
        body,
        signal: never,
      });
    } catch (error) {
      if (statusOf(error) !== 404 && statusOf(error) !== 409) throw error;
    }
  }

  /** Removes a job's pods that are not to be kept. */
  async tidy(job: JobResource, keeps: (pod: Pod) => boolean): Promise<void> {
    for (const pod of [...this.#store.all()])
      if (isOwned(pod, job) && !keeps(pod)) await this.stop(pod, 'none');
  }

  #remember(pod: Pod): void {
    const uid = pod.metadata?.uid ?? '';
    this.#released.delete(uid);
    this.#gone.set(uid, pod);
    const [oldest] = this.#gone.keys();
    if (this.#gone.size > limits.operatorGonePods && oldest !== undefined) this.#gone.delete(oldest);
  }
}

/** Of a 403, only a full quota and a namespace that has just been made are worth waiting for. @throws what is to be tried again */
function refusal(error: unknown): Created {
  if (isTemporary(error) || [401, 409].includes(statusOf(error) ?? 0)) throw error;
  const message = reasonOfApi(error);
  const mends = statusOf(error) === 403 && waitedFor.find(({ words }) => message.includes(words));
  return mends ? { kind: 'waits', reason: mends.reason, message } : { kind: 'refused', message };
}

const waitedFor = [
  { words: 'exceeded quota', reason: 'QuotaExceeded' },
  { words: 'serviceaccount "default" not found', reason: 'NoServiceAccount' },
];

/** Whether a pod is this very resource's: an earlier one of its name had another UID. */
export function isOwned({ metadata }: Pod, job: JobResource): boolean {
  return (
    metadata?.ownerReferences?.some(({ uid, controller }) => controller && uid === job.metadata.uid) === true
  );
}
