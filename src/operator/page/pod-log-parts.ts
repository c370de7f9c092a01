import { limits } from '../../base/limits.ts';
import { statusOf } from '../../launch/kubernetes/api/api-error.ts';
import type { Cluster } from '../../launch/kubernetes/api/cluster.ts';
import { containers } from '../../launch/kubernetes/pod-names.ts';
import type { LogPart } from '../../page/log-part.ts';
import type { Place } from '../object-key.ts';

/** The log of a job's container, as far as its node keeps it. */
export interface PodLog {
  readonly parts: readonly LogPart[];
  /** Bytes at its beginning that were left out. */
  readonly skipped: number;
}

/**
 * Reads the log of a pod: both streams are one there.
 *
 * @returns null: there is none, or no longer
 * @throws as `Cluster.open`
 */
export async function podLogParts(
  cluster: Cluster,
  { namespace, name }: Required<Place>,
): Promise<PodLog | null> {
  const query = `container=${containers.main}&timestamps=true`;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/log?${query}`;
  const signal = AbortSignal.timeout(limits.clusterAnswerMs);
  try {
    const { bytes, skipped } = await lastBytes(await cluster.open({ method: 'GET', path, signal }));
    return { parts: partsOf(bytes), skipped };
  } catch (error) {
    // The container has not started, the pod is gone, or its node.
    if (statusOf(error) === 400 || statusOf(error) === 404) return null;
    throw error;
  }
}

/** Of a large log, the end: the failure is there. */
async function lastBytes(
  answer: AsyncIterable<unknown>,
): Promise<{ readonly bytes: Buffer; readonly skipped: number }> {
  const pieces: Buffer[] = [];
  let [room, skipped]: [number, number] = [limits.pageServedBytes, 0];
  for await (const piece of answer) {
    pieces.push(piece as Buffer);
    room -= (piece as Buffer).length;
    while (room < 0) {
      const first = pieces.shift()?.length ?? 0;
      room += first;
      skipped += first;
    }
  }
  const bytes = Buffer.concat(pieces);
  if (skipped === 0) return { bytes, skipped };
  // It begins within a line.
  const begin = bytes.indexOf(newline) + 1;
  return { bytes: bytes.subarray(begin), skipped: skipped + begin };
}

const newline = 0x0a;
const space = 0x20;

/** Takes the time off each line. */
function partsOf(bytes: Buffer): readonly LogPart[] {
  const texts: Buffer[] = [];
  const times: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const found = bytes.indexOf(newline, at);
    const end = found === -1 ? bytes.length : found + 1;
    const gap = bytes.indexOf(space, at);
    const begin = gap === -1 || gap >= end ? at : gap + 1;
    const text = bytes.subarray(begin, end);
    const time = Date.parse(bytes.toString('latin1', at, begin).trim());
    if (text.length > 0) {
      texts.push(text);
      times.push(`${Number.isNaN(time) ? 0 : time} 1 ${text.length}\n`);
    }
    at = end;
  }
  return [part('timeline', Buffer.from(times.join(''))), part('stdout', Buffer.concat(texts))];
}

function part(kind: LogPart['kind'], bytes: Buffer): LogPart {
  const read = async function* () {
    yield bytes;
  };
  return { container: containers.main, kind, bytes: bytes.length, skipped: 0, read };
}
