import type { LaunchSettings } from '../../settings/verbs/launch-settings.ts';
import type { Engine, EngineSetup } from '../engine.ts';
import { ChartedEngine } from '../helm/charted-engine.ts';
import { Cluster } from './api/cluster.ts';
import { clusterConfig } from './api/cluster-config.ts';
import { KubernetesEngine } from './kubernetes-engine.ts';
import { podSettings } from './objects-of.ts';
import { isViaOperator } from './via/is-via-operator.ts';
import { OperatorEngine } from './via/operator-engine.ts';

/**
 * Opens the cluster of a kubeconfig. It is asked nothing yet, but whether it has an operator's resources, with `--via auto`.
 *
 * @throws Fault `usage`, `engine`
 */
export async function openKubernetes(setup: EngineSetup, of: LaunchSettings): Promise<Engine> {
  const { kubernetes, chart, startTimeoutMs } = of;
  const settings = podSettings(kubernetes);
  const { environment, state, warn = () => undefined } = setup;
  const cluster = new Cluster(() => clusterConfig(kubernetes, environment), kubernetes.namespace);
  if (await isViaOperator(() => cluster, of, setup.signal))
    return new OperatorEngine(cluster, { ...of, ...settings }, { warn, environment });
  return chart === null
    ? new KubernetesEngine(cluster, settings, { warn, environment })
    : new ChartedEngine(cluster, settings, { warn, environment, state, chart, startTimeoutMs });
}
