import { env } from 'node:process';
import { KubeConfig } from '@kubernetes/client-node';
import { Fault, messageOf } from '../../base/fault.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import type { KubernetesSettings } from '../../settings/verbs/kubernetes-settings.ts';

/**
 * Reads how the cluster is reached, as kubectl does: `--kubeconfig`, `KUBECONFIG`, `~/.kube/config`, or inside a pod its
 * service account.
 *
 * @param environment what a credential plugin of the kubeconfig is started with
 * @throws Fault `usage`
 */
export function clusterConfig(
  { kubeconfig, context }: KubernetesSettings,
  environment: Environment,
): KubeConfig {
  withholdFromPlugins(environment);
  const config = new KubeConfig();
  try {
    if (kubeconfig !== null) config.loadFromFile(kubeconfig);
    else config.loadFromDefault();
    if (context !== null) config.setCurrentContext(context);
  } catch (cause) {
    throw new Fault('usage', `Cannot read the kubeconfig: ${messageOf(cause)}`, { cause });
  }
  if (context !== null && config.getContextObject(context) === null)
    throw new Fault('usage', `--context: the kubeconfig has no context ${context}`);
  if (config.getCurrentCluster() === null)
    throw new Fault(
      'usage',
      'No cluster is configured: set --kubeconfig or KUBECONFIG, and --context if it has several',
    );
  return config;
}

/** The client starts credential plugins with this process's own environment: what is not for engines must not be there. */
function withholdFromPlugins(environment: Environment): void {
  const given = new Set([...environment.all()].map(([name]) => name));
  for (const name of Object.keys(env)) if (!given.has(name)) delete env[name];
}
