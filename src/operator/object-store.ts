import { limits } from '../base/limits.ts';
import { pause } from '../base/timer.ts';
import { reasonOfApi, statusOf } from '../launch/kubernetes/api/api-error.ts';
import type { ApiObject, Cluster } from '../launch/kubernetes/api/cluster.ts';
import { WatchTooOld, watchEvents } from '../launch/kubernetes/api/watch-events.ts';
import type { Metadata } from './job-resource.ts';
import { listObjects } from './list-objects.ts';
import { keyOf, type Place } from './object-key.ts';

/** What every object has. */
interface Named {
  readonly metadata?: Partial<Pick<Metadata, 'name' | 'namespace' | 'uid' | 'resourceVersion'>>;
}

/**
 * The objects of one kind that a list and a watch tell of, by their keys. It is what the cluster was a moment ago: whoever
 * concludes something from an object that is missing has to ask the server.
 */
export class ObjectStore<T extends Named> {
  readonly #objects = new Map<string, T>();
  readonly #path: string;
  readonly #changed: (object: T, isGone: boolean) => void;
  readonly #first = Promise.withResolvers<void>();
  #isListed = false;

  /**
   * @param path of the list, with its query
   * @param changed is told of every object that is new, other, or gone, and of all when they are listed anew
   */
  constructor(path: string, changed: (object: T, isGone: boolean) => void) {
    this.#path = path;
    this.#changed = changed;
  }

  /** Whether the first list has come. */
  get isListed(): boolean {
    return this.#isListed;
  }

  /** Resolves when it has. */
  get listed(): Promise<void> {
    return this.#first.promise;
  }

  get(place: Place): T | null {
    return this.#objects.get(keyOf(place)) ?? null;
  }

  all(): IterableIterator<T> {
    return this.#objects.values();
  }

  /** What an answer of the server has told meanwhile. */
  put(object: T): void {
    // The watch may have been faster.
    if (this.#isOlder(object)) return;
    this.#objects.set(keyOf(object.metadata ?? {}), lean(object));
  }

  /**
   * Follows the objects until the signal is aborted, whatever fails: then, and from time to time, they are listed anew.
   *
   * @param silent called, with the reason, when the server begins not to answer
   */
  async follow(cluster: Cluster, signal: AbortSignal, silent: (reason: string) => void): Promise<void> {
    let pauseMs: number = limits.engineRetryMs;
    for (let isKnown = false; !signal.aborted; ) {
      try {
        const from = await this.#list(cluster, signal);
        if (isKnown) silent('');
        isKnown = false;
        pauseMs = limits.engineRetryMs;
        await this.#watchOn(cluster, from, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (isGone(error)) continue;
        if (!isKnown) silent(reasonOfApi(error));
        isKnown = true;
        await pause(pauseMs, signal);
        pauseMs = Math.min(pauseMs * 2, limits.clusterMaxRetryMs);
      }
    }
  }

  /** Watches, until it is time to list again. */
  async #watchOn(cluster: Cluster, from: string, signal: AbortSignal): Promise<void> {
    const until = performance.now() + limits.operatorRelistMs;
    for (let version = from; performance.now() < until; ) {
      const begun = performance.now();
      version = await this.#watch(cluster, version, signal);
      // A server that is being stopped ends each watch at once.
      if (performance.now() - begun < limits.engineRetryMs) await pause(limits.engineRetryMs, signal);
    }
  }

  /** What is there is replaced page by page: there may be ten thousand. */
  async #list(cluster: Cluster, signal: AbortSignal): Promise<string> {
    const keys = new Set<string>();
    const changed: string[] = [];
    let version = '';
    for await (const page of listObjects<T>(cluster, this.#path, signal)) {
      version = page.version;
      for (const object of page.items) {
        const key = keyOf(object.metadata ?? {});
        keys.add(key);
        const known = this.#objects.get(key)?.metadata?.resourceVersion;
        this.put(object);
        if (known !== object.metadata?.resourceVersion) changed.push(key);
      }
    }
    for (const [key, object] of this.#objects)
      if (!keys.has(key) && !isSince(object, version)) this.#remove(object);
    this.#isListed = true;
    this.#first.resolve();
    for (const key of changed) {
      const object = this.#objects.get(key);
      if (object !== undefined) this.#changed(object, false);
    }
    return version;
  }

  /** @returns the version to go on from */
  async #watch(cluster: Cluster, from: string, signal: AbortSignal): Promise<string> {
    let version = from;
    for await (const { type, object } of watchEvents(cluster, { path: this.#path, from, signal })) {
      version = versionOf(object) ?? version;
      if (type === 'BOOKMARK') continue;
      const found = object as unknown as T;
      if (type === 'DELETED') this.#remove(found);
      else if (!this.#isOlder(found)) {
        this.put(found);
        this.#changed(found, false);
      }
    }
    return version;
  }

  /** Our own change was answered before the watch told of what it replaced. */
  #isOlder({ metadata }: T): boolean {
    const known = this.get(metadata ?? {})?.metadata;
    if (known === undefined) return false;
    // All objects of a cluster share one row of versions.
    return Number(metadata?.resourceVersion) < Number(known.resourceVersion);
  }

  #remove(last: T): void {
    const known = this.get(last.metadata ?? {});
    // Another one of that name is there already.
    if (known !== null && known.metadata?.uid !== last.metadata?.uid) return;
    this.#objects.delete(keyOf(last.metadata ?? {}));
    this.#changed(last, true);
  }
}

/** Without what is half of an object, and that nobody here reads: who has set which field. */
function lean<T extends Named>(object: T): T {
  const { metadata } = object as { readonly metadata?: { managedFields?: unknown } };
  if (metadata !== undefined) delete metadata.managedFields;
  return object;
}

/** Whether an object was made or changed after a list: it need not be in it. */
function isSince({ metadata }: Named, version: string): boolean {
  return Number(metadata?.resourceVersion) > Number(version);
}

function isGone(error: unknown): boolean {
  return error instanceof WatchTooOld || statusOf(error) === 410;
}

function versionOf(object: ApiObject): string | undefined {
  return (object['metadata'] as Partial<Metadata> | undefined)?.resourceVersion;
}
