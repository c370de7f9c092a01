import { isRecord } from '../../base/is-record.ts';
import { reasonOfApi, statusOf } from '../../launch/kubernetes/api/api-error.ts';
import type { Cluster } from '../../launch/kubernetes/api/cluster.ts';
import { imageReference } from '../../registry/image-reference.ts';
import type { RegistryLogin } from '../../registry/registry-login.ts';

/** The logins for one image, and what kept others from being read: sentences. */
export interface PullLogins {
  readonly logins: readonly RegistryLogin[];
  readonly problems: readonly string[];
}

/**
 * The logins of a pod's pull secrets, the most specific first, as the kubelet takes them. Those of its service account are
 * among the pod's already, since the API server adds them before it asks a webhook.
 */
export async function pullLogins(
  cluster: Cluster,
  of: { readonly namespace: string; readonly secrets: readonly string[]; readonly image: string },
  signal: AbortSignal,
): Promise<PullLogins> {
  const found: { readonly key: string; readonly login: RegistryLogin }[] = [];
  const problems: string[] = [];
  for (const name of of.secrets) {
    try {
      found.push(...loginsIn(await secretOf(cluster, of.namespace, name, signal)));
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (statusOf(error) !== 404) problems.push(`the Secret ${name} cannot be read: ${reasonOfApi(error)}`);
    }
  }
  const place = placeOf(of.image);
  const logins = found
    .filter(({ key }) => isFor(key, place))
    .sort((one, other) => other.key.length - one.key.length)
    .map(({ login }) => login);
  return { logins, problems };
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

/** Both formats: `config.json` of Docker, and its older one, which is only what is below `auths`. */
function loginsIn(secret: Readonly<Record<string, unknown>>) {
  const parsed = (key: string): unknown => {
    const text = secret[key];
    return typeof text === 'string' ? JSON.parse(Buffer.from(text, 'base64').toString()) : null;
  };
  const config = parsed('.dockerconfigjson');
  const auths = isRecord(config) ? config['auths'] : parsed('.dockercfg');
  if (!isRecord(auths)) return [];
  return Object.entries(auths).flatMap(([key, entry]) => {
    const login = isRecord(entry) ? loginOf(entry) : null;
    return login === null ? [] : [{ key: plainKey(key), login }];
  });
}

function loginOf({ username, password, auth }: Readonly<Record<string, unknown>>): RegistryLogin | null {
  if (typeof username === 'string' && typeof password === 'string') return { username, password };
  if (typeof auth !== 'string') return null;
  const [, user, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(auth, 'base64').toString().trim()) ?? [];
  return user === undefined || secret === undefined ? null : { username: user, password: secret };
}

/** Docker Hub has several names. */
function plainKey(key: string): string {
  const plain = key.replace(/^https?:\/\//, '').replace(/\/(v[12]\/?)?$/, '');
  return plain.replace(/^(index\.docker\.io|docker\.io)(?=\/|$)/, 'registry-1.docker.io');
}

function placeOf(image: string): string {
  const { host, repository } = imageReference(image);
  return `${host}/${repository}`;
}

/** A key may be a part of the path, and `*` stands for a part of a host's name. */
function isFor(key: string, place: string): boolean {
  const [host = '', ...path] = key.split('/');
  const [ownHost = '', ...ownPath] = place.split('/');
  const parts = host.split('.');
  const own = ownHost.split('.');
  const isHost =
    parts.length === own.length && parts.every((part, index) => part === '*' || part === own[index]);
  return isHost && path.every((part, index) => part === ownPath[index]);
}
