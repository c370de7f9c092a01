import { limits } from '../../base/limits.ts';
import { readCommandLine, rejectOperands, sourceOf } from '../cli/command-line.ts';
import type { Invocation } from '../cli/invocation.ts';
import { secondsToMs } from '../cli/values.ts';
import { type KubernetesSettings, kubernetesSettings } from './kubernetes-settings.ts';
import { portNumber, type WebhookSettings, webhookSettings } from './webhook-settings.ts';

/** The settings of `operator`. */
export interface OperatorSettings {
  readonly kubernetes: KubernetesSettings;
  /** When another operator may take over from one that is silent; 0: there is no other. */
  readonly leaseSeconds: number;
  /** Where probes and metrics are answered; null: nowhere. */
  readonly probesPort: number | null;
  /** Null: there is no webhook. */
  readonly webhook: WebhookSettings | null;
}

/** @throws Fault `usage` */
export function operatorSettings(invocation: Invocation, args: readonly Buffer[]): OperatorSettings {
  const line = readCommandLine('operator', args, invocation.environment);
  rejectOperands('operator', line);
  const from = (name: string) => sourceOf(name, args, invocation.environment);
  const lease = line.value('lease');
  const port = line.value('probes');
  return {
    kubernetes: kubernetesSettings(line, from),
    leaseSeconds: lease === null ? limits.operatorLeaseSeconds : secondsToMs(lease, from('lease')) / 1_000,
    probesPort: port === null ? null : portNumber(port, from('probes')),
    webhook: webhookSettings(line, from, invocation.environment),
  };
}
