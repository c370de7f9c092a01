import { readPodTemplate } from '../../pod/pod-template.ts';
import type { KubernetesSettings } from '../../settings/verbs/kubernetes-settings.ts';
import type { EngineSetup } from '../engine.ts';
import { Cluster } from './cluster.ts';
import { clusterConfig } from './cluster-config.ts';
import { KubernetesEngine } from './kubernetes-engine.ts';

/**
 * Opens the cluster of a kubeconfig. Nothing is asked yet.
 *
 * @throws Fault `usage`
 */
export function openKubernetes(setup: EngineSetup, settings: KubernetesSettings): KubernetesEngine {
  const { podTemplate } = settings;
  const template = podTemplate === null ? {} : readPodTemplate(podTemplate, '--pod-template');
  const cluster = new Cluster(() => clusterConfig(settings, setup.environment), settings.namespace);
  return new KubernetesEngine(
    cluster,
    { ...settings, template },
    {
      warn: setup.warn ?? (() => undefined),
      environment: setup.environment,
    },
  );
}
