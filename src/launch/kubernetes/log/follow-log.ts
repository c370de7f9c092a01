import { Fault } from '../../../base/fault.ts';
import { limits } from '../../../base/limits.ts';
import { pause } from '../../../base/timer.ts';
import type { ContainerEnd } from '../../engine.ts';
import { isTemporary, reasonOfApi, statusOf } from '../api/api-error.ts';
import type { Cluster } from '../api/cluster.ts';
import { containers } from '../pod-names.ts';
import { gone, stateOf } from '../pod-state.ts';
import { podStates } from '../watch-pod.ts';
import { LogLines } from './log-lines.ts';

/**
 * Passes on the log of a job's container until its end. Where a connection breaks, the log is read again from there; what the
 * node has thrown away by then is missing.
 *
 * @returns how the container ended
 * @throws Fault `engine` where the server refuses; the signal's reason
 */
export async function followLog(
  cluster: Cluster,
  pod: string,
  of: {
    readonly write: (piece: Buffer) => Promise<void>;
    readonly warn: (sentence: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<ContainerEnd> {
  const { signal } = of;
  const lines = new LogLines();
  const ended = untilEnded(cluster, pod, of);
  let end: ContainerEnd | null = null;
  // A connection that died silently never ends by itself.
  const late = new AbortController();
  void ended.then(
    (found) => {
      end = found;
      setTimeout(() => late.abort(), limits.clusterAnswerMs).unref();
    },
    () => undefined,
  );
  for (;;) {
    // What is read after the end is the rest.
    const isLast = end !== null;
    const isWhole = await readOnce(cluster, {
      pod,
      lines,
      write: of.write,
      signal: isLast ? signal : AbortSignal.any([signal, late.signal]),
    });
    if (signal.aborted) throw signal.reason;
    if (isLast && (isWhole || end === gone)) return ended;
    if (!isLast && isWhole) await Promise.race([ended, pause(limits.engineRetryMs, signal)]);
    else if (!isWhole) await pause(limits.engineRetryMs, signal);
  }
}

async function untilEnded(
  cluster: Cluster,
  pod: string,
  { signal, warn }: { readonly signal: AbortSignal; readonly warn: (sentence: string) => void },
): Promise<ContainerEnd> {
  const silent = (reason: string) => warn(`The cluster does not answer (${reason}); the job runs on`);
  for await (const each of podStates(cluster, pod, { signal, silent })) {
    const state = stateOf(each);
    if (state.kind === 'ended') return state;
    if (state.kind === 'absent') return gone;
  }
  throw signal.reason;
}

/** @returns whether the log was read to its end, as far as the server tells */
async function readOnce(
  cluster: Cluster,
  of: {
    readonly pod: string;
    readonly lines: LogLines;
    readonly write: (piece: Buffer) => Promise<void>;
    readonly signal: AbortSignal;
  },
): Promise<boolean> {
  const { lines, signal } = of;
  const since = lines.since === null ? '' : `&sinceTime=${encodeURIComponent(lines.since)}`;
  const query = `container=${containers.main}&follow=true&timestamps=true${since}`;
  lines.begin();
  try {
    const answer = await cluster.open({
      method: 'GET',
      path: `${cluster.path('pods', of.pod)}/log?${query}`,
      signal,
    });
    for await (const piece of answer) for (const fresh of lines.take(piece as Buffer)) await of.write(fresh);
    return answer.complete;
  } catch (error) {
    if (of.signal.aborted) return false;
    // A container that does not run yet has no log; one that is gone has none any more.
    if (isTemporary(error) || statusOf(error) === 400 || statusOf(error) === 404) return false;
    throw new Fault('engine', `The cluster refuses the log of the pod ${of.pod}: ${reasonOfApi(error)}`);
  }
}
