import { isRecord } from '../../base/is-record.ts';
import { reasonOfApi, statusOf } from '../../launch/kubernetes/api/api-error.ts';
import type { Cluster } from '../../launch/kubernetes/api/cluster.ts';
import { dockerLogins } from '../../registry/docker-logins.ts';
import type { RegistryLogin } from '../../registry/registry-login.ts';

/** The logins for one image, and what kept others from being read: clauses. */
export interface PullLogins {
  readonly logins: readonly RegistryLogin[];
  readonly problems: readonly string[];
}

/**
 * The logins of a pod's pull secrets for an image. Those of its service account are among the pod's already, since the API
 * server adds them before it asks a webhook.
 */
export async function pullLogins(
  cluster: Cluster,
  of: { readonly namespace: string; readonly secrets: readonly string[]; readonly image: string },
  signal: AbortSignal,
): Promise<PullLogins> {
  const auths: unknown[] = [];
  const problems: string[] = [];
  for (const name of of.secrets) {
    try {
      auths.push(authsIn(await secretOf(cluster, of.namespace, name, signal)));
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (statusOf(error) !== 404) problems.push(`the Secret ${name} cannot be read: ${reasonOfApi(error)}`);
    }
  }
  return { logins: dockerLogins(of.image, auths), problems };
}

async function secretOf(
  cluster: Cluster,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
  const { data } = await cluster.send({ method: 'GET', path, signal });
  return isRecord(data) ? data : {};
}

/** Both formats: `config.json` of Docker, and its older one, which is only what is below `auths`. @throws where it is not JSON */
function authsIn(secret: Readonly<Record<string, unknown>>): unknown {
  const parsed = (key: string): unknown => {
    const text = secret[key];
    if (typeof text !== 'string') return null;
    try {
      return JSON.parse(Buffer.from(text, 'base64').toString());
    } catch {
      // Its own message would quote it.
      throw new Error(`its ${key} is not JSON`);
    }
  };
  const config = parsed('.dockerconfigjson');
  return isRecord(config) ? config['auths'] : parsed('.dockercfg');
}
