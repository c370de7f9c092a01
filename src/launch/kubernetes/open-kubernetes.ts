import type { KubernetesSettings } from '../../settings/verbs/kubernetes-settings.ts';
import type { EngineSetup } from '../engine.ts';
import { Cluster } from './cluster.ts';
import { clusterConfig } from './cluster-config.ts';
import { KubernetesEngine } from './kubernetes-engine.ts';
import { podSettings } from './objects-of.ts';

/**
 * Opens the cluster of a kubeconfig. Nothing is asked yet.
 *
 * @throws Fault `usage`
 */
export function openKubernetes(setup: EngineSetup, settings: KubernetesSettings): KubernetesEngine {
  const given = podSettings(settings);
  const cluster = new Cluster(() => clusterConfig(settings, setup.environment), settings.namespace);
  return new KubernetesEngine(cluster, given, {
    warn: setup.warn ?? (() => undefined),
    environment: setup.environment,
  });
}
