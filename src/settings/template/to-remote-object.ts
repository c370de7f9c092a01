import { Fault } from '../../base/fault.ts';
import type { RawLocation, RawRepository, RawSecretKey } from './artifact-location-schema.ts';
import type { ArtifactRepository, RemoteObject, SecretKey } from './remote-object.ts';

/**
 * The object that an artifact names, as Argo reads it: what it leaves out of its bucket is that of the repository, if that
 * is of the same kind. Null: it names none.
 *
 * @param where of messages: `"/path": outputs.artifacts[0]`
 * @throws Fault `template`
 */
export function toRemoteObject(
  raw: RawLocation,
  repository: RawRepository | null,
  where: string,
): RemoteObject | null {
  const named = (['s3', 'gcs', 'azure', 'http'] as const).filter((kind) => raw[kind] != null);
  if (named.length === 0) return null;
  if (named.length > 1) throw invalid(where, `must have one of ${named.join(' and ')}`);
  const [kind] = named;
  if (kind === 'http') return httpObject(raw.http);
  const merged =
    kind === undefined ? raw : { [kind]: { ...filled(repository?.[kind]), ...filled(raw[kind]) } };
  const key = merged.s3?.key ?? merged.gcs?.key ?? merged.azure?.blob ?? '';
  if (key === '') throw invalid(where, `${kind}.${kind === 'azure' ? 'blob' : 'key'}: is missing`);
  return { ...storeOf(merged, where), key };
}

/** @throws Fault `template` */
export function toRepository(raw: RawRepository | null, where: string): ArtifactRepository | null {
  if (raw === null) return null;
  const store = storeOf(raw, where);
  const format = raw.s3?.keyFormat ?? raw.gcs?.keyFormat ?? raw.azure?.blobNameFormat ?? '{job}/{artifact}';
  // Argo fills them in before a pod is made.
  if (format.includes('{{'))
    throw invalid(where, 'its key format has {{…}}: here, {job} and {artifact} are known');
  return { ...store, keyFormat: format };
}

type Store = Omit<RemoteObject, 'key'>;

function storeOf({ s3, gcs, azure }: RawLocation, where: string): Store {
  if (s3 != null) return s3Store(s3, where);
  if (gcs != null) {
    const { endpoint, bucket, serviceAccountKeySecret } = gcs;
    const store = addressOf('gs', bucket, { endpoint }, `${where}.gcs.bucket`);
    return { store, ...secretsOf({ GOOGLE_APPLICATION_CREDENTIALS: serviceAccountKeySecret }) };
  }
  if (azure != null) {
    const { endpoint, container, accountKeySecret } = azure;
    const store = addressOf('azblob', container, { endpoint }, `${where}.azure.container`);
    return { store, ...secretsOf({ AZURE_STORAGE_KEY: accountKeySecret }) };
  }
  throw invalid(where, 'must have s3, gcs or azure');
}

function s3Store(raw: NonNullable<RawLocation['s3']>, where: string): Store {
  const { endpoint, region, insecure, encryptionOptions } = raw;
  const isAws = endpoint == null || /^s3([.-][a-z0-9-]+)?\.amazonaws\.com$/.test(endpoint);
  const scheme = insecure === true ? 'http' : 'https';
  const isEncrypted = encryptionOptions?.enableEncryption === true;
  const kmsKey = isEncrypted ? encryptionOptions.kmsKeyId : null;
  const options = {
    endpoint: isAws || endpoint.includes('://') ? (isAws ? null : endpoint) : `${scheme}://${endpoint}`,
    region,
    sse: isEncrypted ? (kmsKey == null ? 'AES256' : 'aws:kms') : null,
    'kms-key': kmsKey,
  };
  return {
    store: addressOf('s3', raw.bucket, options, `${where}.s3.bucket`),
    ...secretsOf({
      AWS_ACCESS_KEY_ID: raw.accessKeySecret,
      AWS_SECRET_ACCESS_KEY: raw.secretKeySecret,
      AWS_SESSION_TOKEN: raw.sessionTokenSecret,
    }),
  };
}

function httpObject(http: RawLocation['http']): RemoteObject | null {
  if (http == null) return null;
  const { usernameSecret, passwordSecret } = http.auth?.basicAuth ?? {};
  const secrets = secretsOf({ EMISSARY_HTTP_USER: usernameSecret, EMISSARY_HTTP_PASSWORD: passwordSecret });
  return { store: http.url, key: '', ...secrets };
}

function addressOf(
  scheme: string,
  bucket: string | null | undefined,
  options: Readonly<Record<string, string | null | undefined>>,
  where: string,
): string {
  if (bucket == null) throw invalid(where, 'is missing');
  if (!/^[A-Za-z0-9$][A-Za-z0-9._-]*$/.test(bucket)) throw invalid(where, 'is not the name of a bucket');
  const query = new URLSearchParams(filled(options)).toString();
  return `${scheme}://${bucket}${query === '' ? '' : `?${query}`}`;
}

/** The keys of Secrets, by the variables that hold the same elsewhere. */
export function secretsOf(all: Readonly<Record<string, RawSecretKey | null | undefined>>): {
  readonly secrets: Readonly<Record<string, SecretKey>>;
} {
  const named = Object.entries(filled(all)).map(([name, { name: secret, key, optional }]) => [
    name,
    { secret, key, ...(optional === true && { optional }) },
  ]);
  return { secrets: Object.fromEntries(named) };
}

function filled<T>(
  all: Readonly<Record<string, T | null | undefined>> | null | undefined,
): Record<string, T> {
  return Object.fromEntries(Object.entries(all ?? {}).filter(([, value]) => value != null)) as Record<
    string,
    T
  >;
}

function invalid(where: string, problem: string): Fault {
  return new Fault('template', `Invalid template ${where}: ${problem}`);
}
