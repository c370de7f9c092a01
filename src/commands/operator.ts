import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { log } from '../base/log.ts';
import { Interrupts } from '../launch/interrupts.ts';
import { Cluster } from '../launch/kubernetes/api/cluster.ts';
import { clusterConfig } from '../launch/kubernetes/api/cluster-config.ts';
import { Leadership, LedCluster } from '../operator/leadership.ts';
import { Operator } from '../operator/operator.ts';
import { startProbes } from '../operator/probe-server.ts';
import { startWebhook, type Webhook } from '../operator/webhook/webhook.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { type OperatorSettings, operatorSettings } from '../settings/verbs/operator-settings.ts';

/**
 * `multiflexi-emissary operator`: runs the jobs that are resources of a namespace, until a signal.
 *
 * @returns 0 after a signal
 * @throws Fault `usage`; `engine` when another operator leads
 */
export async function operator(invocation: Invocation, args: readonly Buffer[]): Promise<number> {
  const settings = operatorSettings(invocation, args);
  const { kubernetes, leaseSeconds, probesPort } = settings;
  const load = () => clusterConfig(kubernetes, invocation.environment);
  const cluster = new LedCluster(load, kubernetes.namespace);
  const interrupts = new Interrupts(invocation.ignored);
  const stop = new AbortController();
  interrupts.listen(() => stop.abort());
  log(`Operator of the namespace ${cluster.namespace} at ${cluster.server}`);
  const webhook = await webhookOf(invocation, settings, load, stop.signal);
  const leadership =
    leaseSeconds > 0 ? leadershipOf(cluster, kubernetes.namespace, leaseSeconds, load) : null;
  const running = new Operator(cluster, kubernetes.emissaryImage);
  const leads = () => leadership?.isHeld ?? true;
  const probes = {
    '/healthz': () => 'ok\n',
    // One that waits for the lease is ready to take over.
    '/readyz': () => (running.isReady || !leads() ? 'ok\n' : null),
    '/metrics': () => running.metrics(leads()),
  };
  if (probesPort !== null) await startProbes(probesPort, probes);
  await leadership?.acquire(stop.signal, (holder) => log(`${holder} leads; waiting for its end`));
  const kept = leadership?.keep(stop.signal);
  const lost = kept === undefined ? [] : [kept.then(() => new Promise<void>(() => undefined))];
  const work = () => Promise.all([running.run(stop.signal), webhook?.tellMissed(cluster, stop.signal)]);
  if (!stop.signal.aborted) await Promise.race([work(), ...lost, invocation.defect]);
  await leadership?.release();
  await webhook?.close();
  return 0;
}

/** Every operator serves it, whoever leads. */
async function webhookOf(
  { environment }: Invocation,
  { webhook: settings, kubernetes }: OperatorSettings,
  load: ConstructorParameters<typeof Cluster>[0],
  signal: AbortSignal,
): Promise<Webhook | null> {
  if (settings === null) return null;
  const { emissaryImage, namespace } = kubernetes;
  const cluster = new Cluster(load, namespace);
  return startWebhook({ cluster, settings, emissaryImage, environment }, signal);
}

/** The lease itself is written to when it is not held. */
function leadershipOf(
  cluster: LedCluster,
  namespace: string | null,
  seconds: number,
  load: ConstructorParameters<typeof LedCluster>[0],
): Leadership {
  const identity = `${hostname()}_${randomUUID()}`;
  const leadership = new Leadership(new LedCluster(load, namespace), { identity, seconds });
  cluster.leadership = leadership;
  return leadership;
}
