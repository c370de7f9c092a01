import { readCommandLine, rejectOperands, sourceOf } from '../cli/command-line.ts';
import type { Invocation } from '../cli/invocation.ts';
import { type KubernetesSettings, kubernetesSettings } from './kubernetes-settings.ts';

/** The settings of `operator`. */
export interface OperatorSettings {
  readonly kubernetes: KubernetesSettings;
}

/** @throws Fault `usage` */
export function operatorSettings(invocation: Invocation, args: readonly Buffer[]): OperatorSettings {
  const line = readCommandLine('operator', args, invocation.environment);
  rejectOperands('operator', line);
  const from = (name: string) => sourceOf(name, args, invocation.environment);
  return { kubernetes: kubernetesSettings(line, from) };
}
