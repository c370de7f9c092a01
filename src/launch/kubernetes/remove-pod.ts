import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { after } from '../../base/timer.ts';
import type { Cluster } from './api/cluster.ts';
import { deleteObject } from './api/delete-object.ts';
import { secretNames } from './pod-names.ts';
import { isOverdue } from './pod-state.ts';
import { podStates } from './watch-pod.ts';

/**
 * Deletes a job's pod with its Secret. Whoever gives up must see that nothing can start any more: it resolves when the pod
 * is gone.
 *
 * @throws Fault `engine` where it stays; ApiError; the runtime's error
 */
export async function removePod(cluster: Cluster, name: string): Promise<void> {
  const options = { gracePeriodSeconds: limits.podRemovalSeconds };
  await deleteObject(cluster, { kind: 'pods', name, options });
  await Promise.all(
    secretNames(name).map((secret) => deleteObject(cluster, { kind: 'secrets', name: secret })),
  );
  const late = new AbortController();
  const timer = after(limits.podGoneMs, () => late.abort());
  try {
    for await (const pod of podStates(cluster, name, { signal: late.signal, silent: () => undefined })) {
      if (pod === null) return;
      if (isOverdue(pod)) late.abort();
    }
  } catch (error) {
    if (!late.signal.aborted) throw error;
    throw new Fault('engine', `The pod ${name} was deleted, and is still there: its node does not answer`);
  } finally {
    timer.cancel();
  }
}
