import { Fault } from '../../base/fault.ts';
import type { HttpProxy } from '../../base/http-request.ts';
import { limits } from '../../base/limits.ts';
import { readCommandLine, rejectOperands, sourceOf } from '../cli/command-line.ts';
import type { Environment } from '../cli/environment.ts';
import type { Invocation } from '../cli/invocation.ts';
import { secondsToMs } from '../cli/values.ts';
import { proxyFor } from '../proxy.ts';
import { type KubernetesSettings, kubernetesSettings } from './kubernetes-settings.ts';
import { type OperatorPageSettings, operatorPageSettings } from './operator-page-settings.ts';
import { portNumber, type WebhookSettings, webhookSettings } from './webhook-settings.ts';

/** The settings of `operator`. */
export interface OperatorSettings {
  readonly kubernetes: KubernetesSettings;
  /** Whose jobs it runs: those of its own namespace, or all. */
  readonly scope: 'namespace' | 'cluster';
  /** When another operator may take over from one that is silent; 0: there is no other. */
  readonly leaseSeconds: number;
  /** Where probes and metrics are answered; null: nowhere. */
  readonly probesPort: number | null;
  /** Null: there is no webhook. */
  readonly webhook: WebhookSettings | null;
  /** Null: no pages are served. */
  readonly page: OperatorPageSettings | null;
  /** Whether it only lets go of the jobs. */
  readonly release: boolean;
  /** The Deployment of the operators that are stopped before, in the own namespace; null: none. */
  readonly deployment: string | null;
  /** Where each step of a job is told; null: nowhere. */
  readonly cloudEvents: CloudEventSettings | null;
  /** How long others are tried to be told of a job's end, in ms. */
  readonly reportMs: number;
}

/** A sink of CloudEvents, which are posted to it. */
export interface CloudEventSettings {
  readonly url: URL;
  readonly proxy: HttpProxy | null;
}

/** @throws Fault `usage` */
export function operatorSettings(invocation: Invocation, args: readonly Buffer[]): OperatorSettings {
  const line = readCommandLine('operator', args, invocation.environment);
  rejectOperands('operator', line);
  const from = (name: string) => sourceOf(name, args, invocation.environment);
  const lease = line.value('lease');
  const port = line.value('probes');
  const report =
    invocation.environment.get('EMISSARY_REPORT_SECONDS') ?? String(limits.operatorReportSeconds);
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
    probesPort: port === null ? null : portNumber(port, from('probes')),
    webhook: webhookSettings(line, from, invocation.environment),
    page: operatorPageSettings(line, from, line.value('webhook') !== null),
    release: line.value('release') !== null,
    deployment,
    cloudEvents: cloudEventsAt(line.value('cloud-events'), from('cloud-events'), invocation.environment),
    reportMs: secondsToMs(report, 'EMISSARY_REPORT_SECONDS'),
  };
}

function cloudEventsAt(
  text: string | null,
  source: string,
  environment: Environment,
): CloudEventSettings | null {
  if (text === null) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Fault('usage', `${source} is not an http:// or https:// address`);
  if (url.username !== '' || url.password !== '')
    throw new Fault('usage', `${source} has a user name or a password, which would not be sent`);
  return { url, proxy: proxyFor(url, environment) };
}
