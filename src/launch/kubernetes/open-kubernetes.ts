import type { LaunchSettings } from '../../settings/verbs/launch-settings.ts';
import type { EngineSetup } from '../engine.ts';
import { ChartedEngine } from '../helm/charted-engine.ts';
import { Cluster } from './api/cluster.ts';
import { clusterConfig } from './api/cluster-config.ts';
import { KubernetesEngine } from './kubernetes-engine.ts';
import { podSettings } from './objects-of.ts';

/**
 * Opens the cluster of a kubeconfig. Nothing is asked yet.
 *
 * @throws Fault `usage`
 */
export function openKubernetes(
  setup: EngineSetup,
  { kubernetes, chart, startTimeoutMs }: Pick<LaunchSettings, 'kubernetes' | 'chart' | 'startTimeoutMs'>,
): KubernetesEngine {
  const settings = podSettings(kubernetes);
  const { environment, state, warn = () => undefined } = setup;
  const cluster = new Cluster(() => clusterConfig(kubernetes, environment), kubernetes.namespace);
  return chart === null
    ? new KubernetesEngine(cluster, settings, { warn, environment })
    : new ChartedEngine(cluster, settings, { warn, environment, state, chart, startTimeoutMs });
}
