import { existsSync, readFileSync } from 'node:fs';
import { Fault, messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import { pauseFor } from '../../base/timer.ts';
import { Turns } from '../../base/turns.ts';
import type { ApiObject, Cluster } from '../../launch/kubernetes/api/cluster.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import type { WebhookSettings } from '../../settings/verbs/webhook-settings.ts';
import type { Admission, Admitted } from './admission-review.ts';
import { type AdmissionTools, admitPod } from './admit-pod.ts';
import { CertificateKeeper } from './certificate-keeper.ts';
import type { Certificates } from './make-certificates.ts';
import { tellMissedPods } from './missed-pods.ts';
import { type ServerIdentity, WebhookServer } from './webhook-server.ts';

/** What a webhook is made of. */
export interface WebhookParts {
  /** Where it looks up pull secrets, and keeps its certificates. Every operator does, whoever leads. */
  readonly cluster: Cluster;
  readonly settings: WebhookSettings;
  readonly emissaryImage: string;
  readonly environment: Environment;
  /** Is given the certificate that is served, whenever it changes. */
  readonly identified: (identity: ServerIdentity) => void;
}

/** A webhook that serves. */
export interface Webhook {
  /** Tells of pods that it has missed, until the signal is aborted. @param led the cluster, for the leader alone */
  tellMissed(led: Cluster, signal: AbortSignal): Promise<void>;
  /** Serves on until the API server asks the others, and ends. */
  close(): Promise<void>;
}

/** Inside a pod, its namespace. */
const namespaceFile = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/** Serves the webhook that wraps labelled pods; resolves when it does, which needs certificates, or when the signal is aborted. */
export async function startWebhook(parts: WebhookParts, signal: AbortSignal): Promise<Webhook> {
  const { settings, cluster } = parts;
  const { own, excluded } = placeOf(parts);
  const turns = new Turns(limits.admissionLookups);
  const tools = { ...parts, cache: new Map(), turns, excluded };
  const { service, configuration, host, certificateMs: lifeMs } = settings;
  const names = [
    `${service}.${own}.svc`,
    `${service}.${own}.svc.cluster.local`,
    ...(host === null ? [] : [host]),
  ];
  const keeping = new AbortController();
  const first = Promise.withResolvers<Certificates | null>();
  let server: WebhookServer | null = null;
  const of = { namespace: own, names, configuration, lifeMs };
  const keeper = new CertificateKeeper(cluster, of, (certificates) => {
    first.resolve(certificates);
    server?.identify(certificates);
    parts.identified(certificates);
  });
  const kept = keeper.keep(keeping.signal);
  signal.addEventListener('abort', () => first.resolve(null), { once: true });
  const certificates = signal.aborted ? null : await first.promise;
  if (certificates !== null) {
    await requireSidecars(cluster, signal);
    server = new WebhookServer(certificates, (admission) => admitted(admission, tools));
    await server.listen(settings.port);
    log(`The webhook is served on port ${settings.port}`, 'info');
  }
  return {
    tellMissed: (led, until) => tellMissedPods({ cluster: led, excluded }, until),
    async close() {
      server?.leave();
      if (server !== null) await pauseFor(limits.webhookLingerMs);
      keeping.abort();
      await kept;
      await server?.close();
    },
  };
}

/** An older cluster takes a native sidecar for an init container, and waits for its end. @throws Fault `engine` */
async function requireSidecars(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const { major, minor } = await cluster
    .send({ method: 'GET', path: '/version', signal })
    // It is not known then, and there are hardly any older ones.
    .catch((): ApiObject => ({}));
  // Some add a `+` to it.
  if (Number(major) === 1 && Number.parseInt(String(minor), 10) < 29)
    throw new Fault('engine', `The webhook needs Kubernetes 1.29 or later, not ${major}.${minor}`);
}

/** Whatever is wrong with us, the pod is let through. */
async function admitted(admission: Admission, tools: AdmissionTools): Promise<Admitted> {
  try {
    return await admitPod(admission, tools);
  } catch (error) {
    log(`A pod of ${admission.namespace} could not be looked at: ${messageOf(error)}`);
    return { pod: null, warnings: [`multiflexi-emissary: the pod is not wrapped: ${messageOf(error)}`] };
  }
}

/** Where the operator itself is, and which pods are never touched. Outside of a pod, nothing of it is in the cluster. */
function placeOf({ cluster, environment }: WebhookParts) {
  const isInPod = environment.get('KUBECONFIG') === null && existsSync(namespaceFile);
  const own = isInPod ? readFileSync(namespaceFile, 'utf8').trim() : cluster.namespace;
  return { own, excluded: ['kube-system', ...(isInPod ? [own] : [])] };
}
