import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { pause } from '../../base/timer.ts';
import { isTemporary, reasonOfApi } from './api/api-error.ts';
import type { ApiObject, Cluster } from './api/cluster.ts';
import { listOf } from './api/list-of.ts';
import { WatchTooOld, watchEvents } from './api/watch-events.ts';

/** One object of the namespace. */
export interface ObjectPlace {
  /** The path of the list that it is in. */
  readonly list: string;
  readonly name: string;
  /** For people: `pod`. */
  readonly kind: string;
}

/**
 * An object's states, from now on: null where it is not there. Each list is followed by a watch of bounded time; a server that
 * does not answer, answers nothing, or has forgotten the version is asked again, with pauses that grow. Missing news never
 * counts as news.
 *
 * @param silent called, with the reason, when the server begins not to answer
 * @throws Fault `engine` where the server refuses for good; the signal's reason
 */
export async function* objectStates(
  cluster: Cluster,
  place: ObjectPlace,
  of: { readonly signal: AbortSignal; readonly silent: (reason: string) => void },
): AsyncGenerator<ApiObject | null> {
  const { signal } = of;
  let pauseMs: number = limits.engineRetryMs;
  for (let isKnown = false; ; ) {
    try {
      const listed = await listObject(cluster, place, signal);
      yield listed.object;
      pauseMs = limits.engineRetryMs;
      isKnown = false;
      yield* watchOnce(cluster, place, { from: listed.version, signal });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!isTemporary(error) && !(error instanceof WatchTooOld))
        throw new Fault(
          'engine',
          `The cluster refuses to tell of the ${place.kind} ${place.name}: ${reasonOfApi(error)}`,
        );
      if (!isKnown) of.silent(reasonOfApi(error));
      isKnown = true;
      await pause(pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, limits.clusterMaxRetryMs);
    }
    if (signal.aborted) throw signal.reason;
  }
}

/** The object as it is now; null where it is not there. @throws ApiError; the runtime's error */
export async function readObject(
  cluster: Cluster,
  place: ObjectPlace,
  signal: AbortSignal,
): Promise<ApiObject | null> {
  return (await listObject(cluster, place, signal)).object;
}

/** By a list, whose version a watch can go on from. */
async function listObject(cluster: Cluster, place: ObjectPlace, signal: AbortSignal) {
  const answer = await cluster.send({ method: 'GET', path: pathOf(place), signal });
  const { items, version } = listOf<ApiObject>(answer);
  return { object: items[0] ?? null, version };
}

function pathOf({ list, name }: ObjectPlace): string {
  return `${list}?fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`;
}

async function* watchOnce(
  cluster: Cluster,
  place: ObjectPlace,
  of: { readonly from: string; readonly signal: AbortSignal },
): AsyncGenerator<ApiObject | null> {
  for await (const { type, object } of watchEvents(cluster, { ...of, path: pathOf(place) })) {
    if (type === 'DELETED') yield null;
    else if (type !== 'BOOKMARK') yield object;
  }
}
