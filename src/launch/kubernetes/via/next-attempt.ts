import { limits } from '../../../base/limits.ts';
import { after } from '../../../base/timer.ts';
import { NeverStarted } from '../../never-started.ts';
import type { Cluster } from '../api/cluster.ts';
import { hasEnded, jobStates } from './emissary-job.ts';
import { type JobPod, podOf } from './job-state.ts';
import { untilBegun } from './start-job.ts';

/**
 * After an attempt at a job has ended: waits until its operator tells whether there is another one, and until that has started.
 *
 * @param of.isLost nobody knows how the attempt ended: an operator that is away is waited for
 * @returns its pod; null: the job has ended
 * @throws Fault `engine`; the signal's reason
 */
export async function nextAttempt(
  cluster: Cluster,
  name: string,
  of: {
    readonly last: JobPod | null;
    readonly isLost: boolean;
    readonly phase: (text: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<JobPod | null> {
  const silence = new AbortController();
  const timer = after(limits.viaEndMs, () => {
    if (!of.isLost) silence.abort();
    of.phase('waiting for the operator to tell how the job goes on');
  });
  try {
    if (!(await isDecided(cluster, name, of, AbortSignal.any([silence.signal, of.signal])))) return null;
    timer.cancel();
    return podOf(await untilBegun(cluster, name, of));
  } catch (error) {
    if (error instanceof NeverStarted || (silence.signal.aborted && !of.signal.aborted)) return null;
    throw error;
  } finally {
    timer.cancel();
  }
}

/** @returns whether there is another attempt */
async function isDecided(
  cluster: Cluster,
  name: string,
  { last }: { readonly last: JobPod | null },
  signal: AbortSignal,
): Promise<boolean> {
  for await (const job of jobStates(cluster, name, { signal, silent: () => undefined })) {
    if (job === null || hasEnded(job)) return false;
    const pod = podOf(job);
    if (pod === null || pod.uid !== last?.uid) return true;
  }
  throw signal.reason;
}
