import { Fault } from '../base/fault.ts';
import { pause } from '../base/timer.ts';
import { ApiError, reasonOfApi, statusOf } from '../launch/kubernetes/api/api-error.ts';
import { type ApiObject, Cluster } from '../launch/kubernetes/api/cluster.ts';

/** The lease that the leader holds, in the namespace of its jobs. */
const leaseName = 'multiflexi-emissary-operator';

interface Lease {
  readonly metadata: { readonly resourceVersion: string };
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly leaseTransitions?: number;
  };
}

/** How often a lease is renewed within its time, and when its holder gives it up: well before others may take it. */
const renewals = 6;
const deadlineShare = 2 / 3;

/**
 * Who of several operators works: the one that holds the lease. The holder gives up by itself before another one may take over,
 * counted from when its last renewal was sent, by a clock that goes on while the process is stopped.
 */
export class Leadership {
  readonly #cluster: Cluster;
  readonly #identity: string;
  readonly #seconds: number;
  /** When the last request was sent that renewed it, ms of running time; null: it is not ours. */
  #renewedAt: number | null = null;
  /** When the cluster last told of it; null: never. */
  #toldAt: number | null = null;

  /** @param of.seconds after which a lease that is not renewed may be taken */
  constructor(cluster: Cluster, of: { readonly identity: string; readonly seconds: number }) {
    this.#cluster = cluster;
    this.#identity = of.identity;
    this.#seconds = of.seconds;
  }

  get isHeld(): boolean {
    return this.#renewedAt !== null && performance.now() - this.#renewedAt < this.#deadlineMs;
  }

  /** Whether the cluster tells of the lease: whoever knows nothing of it is not ready to take over. */
  get isTold(): boolean {
    return this.#toldAt !== null && performance.now() - this.#toldAt < this.#seconds * 1_000;
  }

  /** To be asked before each change of the cluster. @throws Fault `engine` if another operator may lead by now */
  check(): void {
    if (!this.isHeld) throw lost('it could not be renewed in time');
  }

  /**
   * Waits until the lease is ours, or the signal is aborted.
   *
   * @param waiting is told who holds it
   */
  async acquire(signal: AbortSignal, waiting: (holder: string) => void): Promise<void> {
    let seen = { version: '', at: 0 };
    for (let told = ''; !signal.aborted; await pause(this.#renewMs, signal)) {
      const sentAt = performance.now();
      const lease = await this.#read(signal).catch(unknownWhere);
      if (lease === 'unknown') continue;
      const version = lease?.metadata.resourceVersion ?? '';
      if (version !== seen.version) seen = { version, at: sentAt };
      const holder = lease?.spec?.holderIdentity ?? '';
      const lastsMs = (lease?.spec?.leaseDurationSeconds ?? this.#seconds) * 1_000;
      const isFree = holder === '' || holder === this.#identity || sentAt - seen.at > lastsMs;
      if (isFree && (await this.#take(lease, signal))) return;
      if (holder !== told && !isFree) waiting(holder);
      told = holder;
    }
  }

  /** Renews the lease until the signal is aborted. @throws Fault `engine` when it is lost */
  async keep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(this.#renewMs, signal);
      if (signal.aborted) return;
      const late = AbortSignal.any([signal, AbortSignal.timeout(this.#renewMs * 2)]);
      try {
        const lease = await this.#read(late);
        if (lease?.spec?.holderIdentity !== this.#identity)
          throw lost(`${lease?.spec?.holderIdentity || 'nobody'} holds it`);
        await this.#take(lease, late);
      } catch (error) {
        if (error instanceof Fault) throw error;
      }
      if (!signal.aborted) this.check();
    }
  }

  /** Lets the next one begin at once. */
  async release(): Promise<void> {
    if (!this.isHeld) return;
    const signal = AbortSignal.timeout(this.#renewMs);
    try {
      const lease = await this.#read(signal);
      if (lease?.spec?.holderIdentity === this.#identity) await this.#write(lease, '', signal);
    } catch {
      // It ends by itself.
    }
    this.#renewedAt = null;
  }

  get #renewMs(): number {
    // Timers of the runtime refuse fractions.
    return Math.ceil((this.#seconds * 1_000) / renewals);
  }

  get #deadlineMs(): number {
    return this.#seconds * 1_000 * deadlineShare;
  }

  async #read(signal: AbortSignal): Promise<Lease | null> {
    try {
      const path = `${this.#path}/${leaseName}`;
      const lease = (await this.#cluster.send({ method: 'GET', path, signal })) as unknown as Lease;
      this.#toldAt = performance.now();
      return lease;
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw error;
    }
  }

  /** @returns whether it is ours now; false: somebody was faster, or the server does not answer */
  async #take(lease: Lease | null, signal: AbortSignal): Promise<boolean> {
    const sentAt = performance.now();
    try {
      await this.#write(lease, this.#identity, signal);
    } catch (error) {
      if (error instanceof ApiError && error.status === 403) throw refused(error);
      return false;
    }
    this.#renewedAt = sentAt;
    return true;
  }

  async #write(lease: Lease | null, holder: string, signal: AbortSignal): Promise<void> {
    const now = new Date().toISOString().replace('Z', '000Z');
    const isSame = lease?.spec?.holderIdentity === holder;
    const spec = {
      holderIdentity: holder,
      leaseDurationSeconds: Math.ceil(this.#seconds),
      renewTime: now,
      ...(!isSame && { acquireTime: now, leaseTransitions: (lease?.spec?.leaseTransitions ?? 0) + 1 }),
    };
    if (lease !== null) {
      const { resourceVersion } = lease.metadata;
      const body: ApiObject = { metadata: { resourceVersion }, spec };
      await this.#cluster.send({ method: 'PATCH', path: `${this.#path}/${leaseName}`, body, signal });
      return;
    }
    const body = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: leaseName },
      spec,
    };
    await this.#cluster.send({ method: 'POST', path: this.#path, body, signal });
  }

  get #path(): string {
    return `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(this.#cluster.namespace)}/leases`;
  }
}

/** A cluster that only the leader changes. */
export class LedCluster extends Cluster {
  leadership: Leadership | null = null;
  readonly #load: ConstructorParameters<typeof Cluster>[0];

  constructor(...of: ConstructorParameters<typeof Cluster>) {
    super(...of);
    [this.#load] = of;
  }

  /** The same cluster, seen from another namespace. */
  in(namespace: string): LedCluster {
    const view = new LedCluster(this.#load, namespace, this);
    view.leadership = this.leadership;
    return view;
  }

  /** To be asked before anything is changed elsewhere. @throws Fault `engine` if another operator may lead by now */
  check(): void {
    this.leadership?.check();
  }

  override open(wanted: Parameters<Cluster['open']>[0]): ReturnType<Cluster['open']> {
    if (wanted.method !== 'GET') this.check();
    return super.open(wanted);
  }
}

/** What a server that does not answer tells of a lease. */
function unknownWhere(error: unknown): 'unknown' {
  if (error instanceof ApiError && error.status === 403) throw refused(error);
  return 'unknown';
}

function refused(error: ApiError): Fault {
  return new Fault('engine', `The cluster refuses the lease ${leaseName}: ${reasonOfApi(error)}`);
}

function lost(why: string): Fault {
  return new Fault('engine', `The lease ${leaseName} is lost: ${why}; this operator ends`);
}
