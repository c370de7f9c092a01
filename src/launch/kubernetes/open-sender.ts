import { type SenderConnection, SenderForbidden, VolumeGone } from '../mirror/follow-sender.ts';
import { reasonOfApi, statusOf } from './api/api-error.ts';
import type { Cluster } from './api/cluster.ts';
import { openExec } from './api/exec-stream.ts';
import { containers, reporterProgram } from './pod-names.ts';
import { isUnreachable } from './pod-state.ts';
import { readPod } from './watch-pod.ts';

/** Starts a sender of the volume in a pod's reporter. @throws VolumeGone, SenderForbidden; any other error is temporary */
export async function openSender(cluster: Cluster, pod: string): Promise<SenderConnection> {
  const command = [reporterProgram, 'send', '--encoding', 'binary'];
  try {
    const of = { pod, container: containers.reporter, command };
    const { input, output, close } = await openExec(cluster, of);
    const failed = new Promise<string>(() => undefined);
    return { input, output, encoding: 'binary', failed, close: async () => close() };
  } catch (error) {
    if (statusOf(error) === 403) throw new SenderForbidden(reasonOfApi(error));
    // A 404 alone says nothing: so answers a kubelet, too, that has just been restarted and does not know its pods yet.
    if (await isLost(cluster, pod)) throw new VolumeGone();
    throw error;
  }
}

/** Whether no sender can ever be started again. */
async function isLost(cluster: Cluster, pod: string): Promise<boolean> {
  try {
    return isUnreachable(await readPod(cluster, pod, new AbortController().signal));
  } catch {
    return false;
  }
}
