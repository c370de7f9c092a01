import { createInterface } from 'node:readline';
import { isRecord } from '../../../base/is-record.ts';
import { limits } from '../../../base/limits.ts';
import { printable } from '../../../base/printable.ts';
import { shorten } from '../../../base/shorten.ts';
import type { ApiObject, Cluster } from './cluster.ts';

/** One line of a watch: an object of the API, and what became of it. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: ApiObject;
}

/** A watch whose version the server has forgotten: the objects have to be listed anew. */
export class WatchTooOld extends Error {}

/**
 * One watch of bounded time; it ends when the server ends it.
 *
 * @param of.path of the list, with its query
 * @param of.from the version that it goes on from
 * @throws WatchTooOld; ApiError; the runtime's error; the signal's reason
 */
export async function* watchEvents(
  cluster: Cluster,
  of: { readonly path: string; readonly from: string; readonly signal: AbortSignal },
): AsyncGenerator<WatchEvent> {
  const seconds = limits.clusterWatchSeconds;
  const path =
    `${of.path}${of.path.includes('?') ? '&' : '?'}watch=true&resourceVersion=${of.from}` +
    `&allowWatchBookmarks=true&timeoutSeconds=${seconds}`;
  // A connection that died silently never ends by itself.
  const late = AbortSignal.timeout(seconds * 1_000 + limits.clusterAnswerMs);
  const signal = AbortSignal.any([of.signal, late]);
  const answer = await cluster.open({ method: 'GET', path, signal });
  try {
    for await (const line of createInterface({ input: answer, signal })) {
      const event: unknown = JSON.parse(line);
      if (!isRecord(event) || !isRecord(event['object'])) continue;
      if (event['type'] === 'ERROR') throw errorOf(event['object']);
      yield event as unknown as WatchEvent;
    }
  } finally {
    answer.destroy();
  }
}

/** What ends a watch: only a version that is forgotten is mended by a new list. */
function errorOf({ code, message }: Readonly<Record<string, unknown>>): Error {
  if (code === 410) return new WatchTooOld('the watch became too old');
  return new Error(`the watch failed: ${shorten(printable(String(message ?? code)))}`);
}
