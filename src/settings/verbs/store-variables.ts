import { existsSync } from 'node:fs';
import { readText } from '../destinations/secret.ts';

type Variables = Readonly<Record<string, string>>;

/** Variables of the stores' clients, on this host. */
const ofStores = /^(?:(?:AWS|AZURE|GOOGLE|EMISSARY_(?:HTTP|GIT|STORE|SECRETS))_|STORAGE_EMULATOR_HOST$)/;

/** What of them means the same in a pod. All others name files, or machines, of this host. */
const inPods =
  /^AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|(?:DEFAULT_)?REGION|ENDPOINT_URL(?:_S3)?)$|^AZURE_(?:STORAGE_(?:ACCOUNT|BLOB_ENDPOINT)|TENANT_ID|CLIENT_ID|AUTHORITY_HOST)$|^(?:EMISSARY_HTTP_CHECK|STORAGE_EMULATOR_HOST)$/;

/** With one of these, the two IDs name the launcher itself, which is nobody in a pod: they would hide the pod's own identity. */
const ofLauncher = [
  'AZURE_CLIENT_SECRET',
  'AZURE_CLIENT_SECRET_FILE',
  'AZURE_CLIENT_CERTIFICATE_PATH',
  'AZURE_PASSWORD',
  'AZURE_FEDERATED_TOKEN_FILE',
];
const ids = ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID'];

/** Variables that a file can hold, too, which `…_FILE` names. */
const secrets = [
  'AZURE_STORAGE_KEY',
  'AZURE_STORAGE_SAS_TOKEN',
  'AZURE_STORAGE_CONNECTION_STRING',
  'EMISSARY_HTTP_USER',
  'EMISSARY_HTTP_PASSWORD',
  'EMISSARY_HTTP_TOKEN',
  'EMISSARY_GIT_USER',
  'EMISSARY_GIT_PASSWORD',
  'EMISSARY_GIT_SSH_KEY',
  'EMISSARY_GIT_KNOWN_HOSTS',
];
const authorityVariable = 'EMISSARY_STORE_CA_FILE';
/** Names a file, or is its content. */
const googleKey = 'GOOGLE_APPLICATION_CREDENTIALS';

/** What a pod gets of the variables of stores. */
export interface PodStoreVariables {
  readonly variables: ReadonlyMap<string, string>;
  /** The text of the file with the authority (PEM), if it is one of this host; null: there is none. */
  readonly authority: string | null;
}

/** The variables of stores' clients among others. */
export function storeVariables(all: Variables): Variables {
  return Object.fromEntries(
    Object.entries(all).filter(([name, value]) => value !== '' && ofStores.test(name)),
  );
}

/**
 * What a pod gets of them: files of this host are read here, any other is the pod's.
 *
 * @throws Fault `usage` for a file that cannot be read
 */
export function podStoreVariables(all: Variables): PodStoreVariables {
  const isLauncher = ofLauncher.some((name) => all[name] !== undefined);
  const variables = new Map(
    Object.entries(all).filter(([name]) => inPods.test(name) && !(isLauncher && ids.includes(name))),
  );
  for (const name of secrets) {
    const { [name]: value, [`${name}_FILE`]: file } = all;
    if (value !== undefined) variables.set(name, value);
    else if (file !== undefined && existsSync(file))
      variables.set(name, readText(file, `${name}_FILE`).replace(/\r?\n$/, ''));
    else if (file !== undefined) variables.set(`${name}_FILE`, file);
  }
  const { [authorityVariable]: path, [googleKey]: key } = all;
  if (key !== undefined) variables.set(googleKey, existsSync(key) ? readText(key, googleKey) : key);
  if (path === undefined) return { variables, authority: null };
  if (existsSync(path)) return { variables, authority: readText(path, authorityVariable) };
  variables.set(authorityVariable, path);
  return { variables, authority: null };
}
