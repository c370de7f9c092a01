import { Fault } from '../../base/fault.ts';
import { readCommandLine, sourceOf } from '../cli/command-line.ts';
import type { Invocation } from '../cli/invocation.ts';
import { helpOf } from '../cli/verbs.ts';
import { type KubernetesSettings, kubernetesSettings } from './kubernetes-settings.ts';

/** The settings of `pod-log`. */
export interface PodLogSettings {
  readonly pod: string;
  readonly kubernetes: KubernetesSettings;
}

/** @throws Fault `usage` */
export function podLogSettings(invocation: Invocation, args: readonly Buffer[]): PodLogSettings {
  const line = readCommandLine('pod-log', args, invocation.environment);
  const [pod, ...more] = line.operands.map(String);
  if (pod === undefined || more.length > 0)
    throw new Fault('usage', `pod-log needs the name of one pod; ${helpOf('pod-log')}`);
  const from = (name: string) => sourceOf(name, args, invocation.environment);
  return { pod, kubernetes: kubernetesSettings(line, from) };
}
