import { limits } from '../../base/limits.ts';
import { statusOf } from './api/api-error.ts';
import type { Cluster } from './api/cluster.ts';
import { deleteObject } from './api/delete-object.ts';
import { openExec } from './api/exec-stream.ts';
import { containers, reporterProgram } from './pod-names.ts';
import { stateOf } from './pod-state.ts';
import { readPod } from './watch-pod.ts';

/** Kills the job in a pod; no error if it has ended. @throws ApiError; the runtime's error */
export async function killJob(cluster: Cluster, pod: string): Promise<void> {
  const command = [reporterProgram, 'signal', 'main', 'KILL'];
  try {
    const exec = await openExec(cluster, { pod, container: containers.reporter, command });
    for await (const _ of exec.input) {
    }
    exec.close();
  } catch (error) {
    const options = { gracePeriodSeconds: limits.podKillSeconds };
    if (statusOf(error) === 403) return deleteObject(cluster, { kind: 'pods', name: pod, options });
    if (stateOf(await readPod(cluster, pod, new AbortController().signal)).kind === 'running') throw error;
  }
}
