import type { KubernetesObject } from '../../pod/kubernetes-object.ts';
import { readPodTemplate } from '../../pod/pod-template.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import type { KubernetesSettings } from '../../settings/verbs/kubernetes-settings.ts';
import type { LaunchSettings } from '../../settings/verbs/launch-settings.ts';
import type { EngineJob } from '../engine.ts';
import { registryCommand } from '../registry/image-command.ts';
import { Cluster } from './api/cluster.ts';
import { clusterConfig } from './api/cluster-config.ts';
import { type PodSettings, podRequest, secretRequests } from './pod-request.ts';
import { isViaOperator } from './via/is-via-operator.ts';
import { jobRequest, secretRequestsOf } from './via/job-request.ts';

/**
 * The Secrets of a job, and its pod or its resource, as they are sent but for who owns the Secrets. A cluster is asked only with
 * `--via auto`.
 *
 * @throws Fault `usage`, `engine`
 */
export async function objectsOf(
  job: EngineJob,
  settings: LaunchSettings,
  environment: Environment,
): Promise<readonly KubernetesObject[]> {
  const { kubernetes } = settings;
  const given = podSettings(kubernetes);
  const command =
    job.command.length > 0 ? job.command : await registryCommand(job.image ?? '', environment, signal);
  const whole = { ...job, command };
  const cluster = () => new Cluster(() => clusterConfig(kubernetes, environment), kubernetes.namespace);
  if (await isViaOperator(cluster, settings, signal)) {
    const all = { ...settings, ...given };
    return [...secretRequestsOf(whole, all), jobRequest(whole, all)];
  }
  return [...secretRequests(whole, given), podRequest(whole, given)];
}

/** With the file of `--pod-template`. @throws Fault `usage` */
export function podSettings(settings: KubernetesSettings): PodSettings {
  const { podTemplate } = settings;
  return {
    ...settings,
    template: podTemplate === null ? {} : readPodTemplate(podTemplate, '--pod-template'),
  };
}

const { signal } = new AbortController();
