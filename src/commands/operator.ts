import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { Fault } from '../base/fault.ts';
import { log } from '../base/log.ts';
import { Interrupts } from '../launch/interrupts.ts';
import { reasonOfApi } from '../launch/kubernetes/api/api-error.ts';
import { Cluster } from '../launch/kubernetes/api/cluster.ts';
import { clusterConfig } from '../launch/kubernetes/api/cluster-config.ts';
import { isDoomed } from '../operator/is-doomed.ts';
import { Leadership, LedCluster } from '../operator/leadership.ts';
import { Operator } from '../operator/operator.ts';
import { ServedPage } from '../operator/page/served-page.ts';
import { startProbes } from '../operator/probe-server.ts';
import { releaseJobs } from '../operator/release-jobs.ts';
import { stopDeployment } from '../operator/stop-deployment.ts';
import { ServedWebhook } from '../operator/webhook/served-webhook.ts';
import { startWebhook, type Webhook, type WebhookParts } from '../operator/webhook/webhook.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { type OperatorSettings, operatorSettings } from '../settings/verbs/operator-settings.ts';

/**
 * `multiflexi-emissary operator`: runs the jobs that are resources of a namespace, or of all, until a signal.
 *
 * @returns 0 after a signal
 * @throws Fault `usage`; `engine` when another operator leads
 */
export async function operator(invocation: Invocation, args: readonly Buffer[]): Promise<number> {
  // What it knows of thousands of jobs is long-lived: a small young generation halves its peak.
  setFlagsFromString('--semi-space-growth-factor=1');
  const settings = operatorSettings(invocation, args);
  const { kubernetes, leaseSeconds, probesPort, ...plan } = settings;
  const load = () => clusterConfig(kubernetes, invocation.environment);
  if (settings.release) return release(settings, load);
  const cluster = new LedCluster(load, kubernetes.namespace);
  const interrupts = new Interrupts(invocation.ignored);
  const stop = new AbortController();
  interrupts.listen(() => stop.abort());
  const whose = plan.scope === 'cluster' ? 'all namespaces' : `the namespace ${cluster.namespace}`;
  log(`Operator of ${whose} at ${cluster.server}`, 'info');
  // Jobs do not wait for it: its certificates may be refused.
  const pages = pagesOf(settings, load);
  const webhook = new ServedWebhook(webhookOf(invocation, settings, { load, pages, signal: stop.signal }));
  const leadership =
    leaseSeconds > 0 ? leadershipOf(cluster, kubernetes.namespace, leaseSeconds, load) : null;
  const running = new Operator(cluster, { ...plan, emissaryImage: kubernetes.emissaryImage });
  const leads = () => leadership?.isHeld ?? true;
  const probes = {
    '/healthz': () => 'ok\n',
    // One that waits for the lease is ready to take over.
    '/readyz': () => {
      const isReady = running.isReady || (!leads() && leadership?.isTold === true);
      return isReady && webhook.isServed ? 'ok\n' : null;
    },
    '/metrics': () => running.metrics(leads()),
  };
  if (probesPort !== null) await startProbes(probesPort, probes);
  const waiting = (holder: string) => log(`${holder} leads; waiting for its end`, 'info');
  const served = pages?.run(stop.signal);
  const failed = [webhook.failed, ...(pages === null ? [] : [pages.failed, whenFailed(served)])];
  await Promise.race([leadership?.acquire(stop.signal, waiting), ...failed]);
  const kept = leadership?.keep(stop.signal);
  const lost = kept === undefined ? [] : [kept.then(() => new Promise<void>(() => undefined))];
  const work = () => Promise.all([running.run(stop.signal), webhook.tellMissed(cluster, stop.signal)]);
  if (!stop.signal.aborted) await Promise.race([work(), ...lost, ...failed, invocation.defect]);
  if (await isDoomed(new Cluster(load, null))) await release(settings, load);
  await leadership?.release();
  await webhook.close();
  return 0;
}

/** Rejects as the work does; never resolves. */
async function whenFailed(work: Promise<void> | undefined): Promise<never> {
  await work;
  return new Promise<never>(() => undefined);
}

/** Lets go of all jobs: no operator comes after this one, and what is held would keep its namespace for ever. */
async function release({ kubernetes, scope, deployment }: OperatorSettings, load: Load): Promise<number> {
  try {
    if (deployment !== null) await stopDeployment(new Cluster(load, null), deployment);
    const released = await releaseJobs(new Cluster(load, kubernetes.namespace), scope);
    log(`Let go of ${released} jobs; those that run go on in their pods`, 'info');
    return 0;
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('engine', `Cannot let go of the jobs: ${reasonOfApi(cause)}`, { cause });
  }
}

type Load = ConstructorParameters<typeof LedCluster>[0];

/** Every operator serves it, whoever leads. */
async function webhookOf(
  { environment }: Invocation,
  { webhook: settings, kubernetes }: OperatorSettings,
  {
    load,
    pages,
    signal,
  }: { readonly load: Load; readonly pages: ServedPage | null; readonly signal: AbortSignal },
): Promise<Webhook | null> {
  if (settings === null) return null;
  const { emissaryImage, namespace } = kubernetes;
  const cluster = new Cluster(load, namespace);
  const identified: WebhookParts['identified'] = (identity) => pages?.identify(identity);
  return startWebhook({ cluster, settings, emissaryImage, environment, identified }, signal);
}

function pagesOf({ page, kubernetes, scope }: OperatorSettings, load: Load): ServedPage | null {
  if (page === null) return null;
  const cluster = new Cluster(load, kubernetes.namespace);
  return new ServedPage(cluster, scope === 'cluster' ? null : cluster.namespace, page);
}

/** The lease itself is written to when it is not held. */
function leadershipOf(
  cluster: LedCluster,
  namespace: string | null,
  seconds: number,
  load: Load,
): Leadership {
  const identity = `${hostname()}_${randomUUID()}`;
  const leadership = new Leadership(new LedCluster(load, namespace), { identity, seconds });
  cluster.leadership = leadership;
  return leadership;
}
