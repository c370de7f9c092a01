import { log } from '../base/log.ts';
import { Interrupts } from '../launch/interrupts.ts';
import { Cluster } from '../launch/kubernetes/cluster.ts';
import { clusterConfig } from '../launch/kubernetes/cluster-config.ts';
import { Operator } from '../operator/operator.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { operatorSettings } from '../settings/verbs/operator-settings.ts';

/**
 * `multiflexi-emissary operator`: runs the jobs that are resources of a namespace, until a signal.
 *
 * @returns 0 after a signal
 * @throws Fault `usage`
 */
export async function operator(invocation: Invocation, args: readonly Buffer[]): Promise<number> {
  const { kubernetes } = operatorSettings(invocation, args);
  const cluster = new Cluster(() => clusterConfig(kubernetes, invocation.environment), kubernetes.namespace);
  const interrupts = new Interrupts(invocation.ignored);
  const stop = new AbortController();
  interrupts.listen(() => stop.abort());
  log(`Operator of the namespace ${cluster.namespace} at ${cluster.server}`);
  await new Operator(cluster, kubernetes.emissaryImage).run(stop.signal);
  return 0;
}
