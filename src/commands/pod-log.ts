import { once } from 'node:events';
import { stdout } from 'node:process';
import { Fault, faultStatus } from '../base/fault.ts';
import { log } from '../base/log.ts';
import { Interrupts } from '../launch/interrupts.ts';
import { reasonOfApi } from '../launch/kubernetes/api/api-error.ts';
import { Cluster } from '../launch/kubernetes/api/cluster.ts';
import { clusterConfig } from '../launch/kubernetes/api/cluster-config.ts';
import { deleteObject } from '../launch/kubernetes/api/delete-object.ts';
import { followLog } from '../launch/kubernetes/log/follow-log.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { podLogSettings } from '../settings/verbs/pod-log-settings.ts';

/**
 * `multiflexi-emissary pod-log`: the log of a job's pod as the output of a local process. A signal deletes the pod, whose job
 * then has its grace.
 *
 * @returns the job's exit code; 64 if nobody knows it
 * @throws Fault `usage`, `engine`
 */
export async function podLog(invocation: Invocation, args: readonly Buffer[]): Promise<number> {
  const { pod, kubernetes } = podLogSettings(invocation, args);
  const cluster = new Cluster(() => clusterConfig(kubernetes, invocation.environment), kubernetes.namespace);
  const interrupts = new Interrupts(invocation.ignored);
  const givenUp = new AbortController();
  interrupts.listen((wish) => {
    if (wish === 'stop')
      void deleteObject(cluster, { kind: 'pods', name: pod }).catch((error) => log(reasonOfApi(error)));
    else givenUp.abort(new Fault('engine', `The pod ${pod} was left while it ended`));
  });
  const { exitCode, reason } = await followLog(cluster, pod, {
    write: async (piece) => {
      if (!stdout.write(piece)) await once(stdout, 'drain');
    },
    warn: log,
    signal: givenUp.signal,
  });
  if (exitCode !== null) return exitCode;
  log(`The exit code of the pod ${pod} is not known: ${reason ?? 'its cluster does not tell it'}`);
  return interrupts.status ?? faultStatus.engine;
}
