import type { KubernetesObject } from '../../pod/kubernetes-object.ts';
import { readPodTemplate } from '../../pod/pod-template.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import type { KubernetesSettings } from '../../settings/verbs/kubernetes-settings.ts';
import type { EngineJob } from '../engine.ts';
import { registryCommand } from '../registry/image-command.ts';
import { type PodSettings, podRequest, secretRequests } from './pod-request.ts';

/** The Secrets and the pod of a job, as they are sent but for who owns the Secrets. @throws Fault `usage`, `engine` */
export async function objectsOf(
  job: EngineJob,
  settings: KubernetesSettings,
  environment: Environment,
): Promise<readonly KubernetesObject[]> {
  const given = podSettings(settings);
  const command =
    job.command.length > 0
      ? job.command
      : await registryCommand(job.image ?? '', environment, new AbortController().signal);
  const whole = { ...job, command };
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
