import { type SpawnOptions, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { Fault, messageOf } from '../../../base/fault.ts';
import type { Environment } from '../../../settings/cli/environment.ts';
import type { KubernetesSettings } from '../../../settings/verbs/kubernetes-settings.ts';

/** Inside a pod, who it is for the API server. */
const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

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
  let config: KubeConfig;
  try {
    config = load(kubeconfig === null ? ownFiles(environment) : [kubeconfig], environment);
  } catch (cause) {
    throw new Fault('usage', `Cannot read the kubeconfig: ${messageOf(cause)}`, { cause });
  }
  if (context !== null) config.setCurrentContext(context);
  if (context !== null && config.getContextObject(context) === null)
    throw new Fault('usage', `--context: the kubeconfig has no context ${context}`);
  if (config.getCurrentCluster() === null)
    throw new Fault(
      'usage',
      'No cluster is configured: set --kubeconfig or KUBECONFIG, and --context if it has several',
    );
  withholdFromPlugins(config, environment);
  return config;
}

/** The files that kubectl reads; empty: none. The library would look into this process's own environment, which is empty. */
function ownFiles(environment: Environment): readonly string[] {
  const named = (environment.get('KUBECONFIG') ?? '').split(':').filter((file) => file !== '');
  if (named.length > 0) return named;
  const usual = join(environment.get('HOME') ?? homedir(), '.kube/config');
  return existsSync(usual) ? [usual] : [];
}

function load([first, ...others]: readonly string[], environment: Environment): KubeConfig {
  const config = new KubeConfig();
  if (first !== undefined) config.loadFromFile(first);
  else if (existsSync(serviceAccountToken)) loadFromPod(config, environment);
  for (const file of others) {
    const more = new KubeConfig();
    more.loadFromFile(file);
    config.mergeConfig(more);
  }
  return config;
}

/** The library would look for the server's address in this process's own environment, which is empty. */
function loadFromPod(config: KubeConfig, environment: Environment): void {
  const [host, port] = ['HOST', 'PORT'].map((part) => environment.get(`KUBERNETES_SERVICE_${part}`));
  if (typeof host !== 'string' || typeof port !== 'string') return;
  config.loadFromCluster();
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  config.clusters = config.clusters.map((cluster) => ({ ...cluster, server }));
}

/** The library's own starter of credential plugins. */
interface PluginStarter {
  execFn?: (command: string, args: readonly string[], options: SpawnOptions) => unknown;
}

/** The library starts credential plugins with this process's whole environment: what is not for engines must not be in it. */
function withholdFromPlugins(config: KubeConfig, environment: Environment): void {
  const own = config.getCurrentUser()?.exec?.env as readonly { readonly name: string }[] | undefined;
  const allowed = new Set([
    ...[...environment.all()].map(([name]) => name),
    ...(own ?? []).map(({ name }) => name),
  ]);
  const { authenticators } = config as unknown as { readonly authenticators: readonly PluginStarter[] };
  for (const each of authenticators) {
    if (each.execFn === undefined) continue;
    each.execFn = (command, args, options) => {
      const all = { ...Object.fromEntries(environment.all()), ...options.env };
      const env = Object.fromEntries(Object.entries(all).filter(([name]) => allowed.has(name)));
      return spawn(command, args, { ...options, env });
    };
  }
}
