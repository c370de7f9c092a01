import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { readCommandLine, rejectOperands, sourceOf } from '../cli/command-line.ts';
import type { Invocation } from '../cli/invocation.ts';
import { secondsToMs } from '../cli/values.ts';
import { type KubernetesSettings, kubernetesSettings } from './kubernetes-settings.ts';

/** The settings of `operator`. */
export interface OperatorSettings {
  readonly kubernetes: KubernetesSettings;
  /** Whose jobs it runs: those of its own namespace, or all. */
  readonly scope: 'namespace' | 'cluster';
  /** When another operator may take over from one that is silent; 0: there is no other. */
  readonly leaseSeconds: number;
  /** Where probes and metrics are answered; null: nowhere. */
  readonly probesPort: number | null;
  /** Whether it only lets go of the jobs. */
  readonly release: boolean;
  /** The Deployment of the operators that are stopped before, in the own namespace; null: none. */
  readonly deployment: string | null;
}

/** @throws Fault `usage` */
export function operatorSettings(invocation: Invocation, args: readonly Buffer[]): OperatorSettings {
  const line = readCommandLine('operator', args, invocation.environment);
  rejectOperands('operator', line);
  const from = (name: string) => sourceOf(name, args, invocation.environment);
  const lease = line.value('lease');
  const port = line.value('probes');
  const isPort = port === null || (/^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65_536);
  if (!isPort) throw new Fault('usage', `${from('probes')} must be the number of a port`);
  const deployment = line.value('deployment');
  if (deployment !== null && !/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(deployment))
    throw new Fault(
      'usage',
      `${from('deployment')} is not a name of Kubernetes (small letters, digits and -)`,
    );
  return {
    kubernetes: kubernetesSettings(line, from),
    scope: line.value('all-namespaces') === null ? 'namespace' : 'cluster',
    leaseSeconds: lease === null ? limits.operatorLeaseSeconds : secondsToMs(lease, from('lease')) / 1_000,
    probesPort: port === null ? null : Number(port),
    release: line.value('release') !== null,
    deployment,
  };
}
