import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { pause } from '../../base/timer.ts';
import { isTemporary, reasonOfApi, statusOf } from './api/api-error.ts';
import type { ApiObject, Cluster } from './api/cluster.ts';

/**
 * Creates the Secret that a pod waits for: the job starts. One that is there was made by an earlier launcher, or by a request
 * that was not answered.
 *
 * @throws Fault `engine` where the server refuses; the signal's reason
 */
export async function createSecret(cluster: Cluster, body: ApiObject, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await cluster.send({ method: 'POST', path: cluster.path('secrets'), body, signal });
      return;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (statusOf(error) === 409) return;
      if (!isTemporary(error))
        throw new Fault('engine', `Kubernetes cannot create the Secret of a job: ${reasonOfApi(error)}`);
      await pause(limits.engineRetryMs, signal);
    }
  }
}
