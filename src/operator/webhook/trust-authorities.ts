import { isRecord } from '../../base/is-record.ts';
import type { Cluster } from '../../launch/kubernetes/api/cluster.ts';

/**
 * Has the API server trust these authorities: the `caBundle` of each entry of the MutatingWebhookConfiguration. Nothing else of
 * it is changed, and nothing is written where it is right.
 *
 * @throws ApiError, also for a conflict
 */
export async function trustAuthorities(
  cluster: Cluster,
  name: string,
  bundle: string,
  signal: AbortSignal,
): Promise<void> {
  const path = `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/${encodeURIComponent(name)}`;
  const { metadata, webhooks } = (await cluster.send({ method: 'GET', path, signal })) as {
    readonly metadata?: { readonly resourceVersion?: string };
    readonly webhooks?: readonly Readonly<Record<string, unknown>>[];
  };
  const caBundle = Buffer.from(bundle).toString('base64');
  const configOf = ({ clientConfig }: Readonly<Record<string, unknown>>) =>
    isRecord(clientConfig) ? clientConfig : {};
  if ((webhooks ?? []).every((entry) => configOf(entry)['caBundle'] === caBundle)) return;
  const body = {
    metadata: { resourceVersion: metadata?.resourceVersion },
    webhooks: webhooks?.map((entry) => ({ ...entry, clientConfig: { ...configOf(entry), caBundle } })),
  };
  await cluster.send({ method: 'PATCH', path, body, signal });
}
