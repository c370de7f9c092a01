import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../base/fault.ts';
import { isRecord } from '../../base/is-record.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import { readText } from '../../settings/destinations/secret.ts';

/** Who asks Google Cloud Storage. */
export type GcsCredentials =
  /** The content of a file of credentials: a service account's key, or a federated identity. */
  | { readonly kind: 'key'; readonly key: Readonly<Record<string, unknown>> }
  /** The service account of the pod or the machine, from its metadata server. */
  | { readonly kind: 'instance'; readonly host: string }
  /** An emulator wants none. */
  | { readonly kind: 'none' };

/** A bucket, and how it is reached. */
export interface GcsSettings {
  readonly bucket: string;
  /** Without a slash at its end: `https://storage.googleapis.com`. */
  readonly endpoint: string;
  /** The key of Cloud KMS that objects are encrypted with; null: the bucket's own. */
  readonly kmsKey: string | null;
  readonly credentials: GcsCredentials;
}

const parameters = ['endpoint', 'kms-key'];
const variable = 'GOOGLE_APPLICATION_CREDENTIALS';
/** Of each instance of Compute Engine, and of each pod of GKE. */
const metadataHost = '169.254.169.254';

/**
 * The bucket of `gs://bucket?endpoint=…&kms-key=…`. Credentials are found where Google's clients look; files are read anew each
 * time.
 *
 * @throws Fault `usage`, which does not show the values
 */
export function gcsSettings(address: URL, environment: Environment): GcsSettings {
  const bucket = decodeURIComponent(address.hostname);
  if (bucket === '') throw new Fault('usage', 'The address of a Google bucket has no name: use gs://bucket');
  const { searchParams } = address;
  if ([...searchParams.keys()].some((name) => !parameters.includes(name)))
    throw new Fault(
      'usage',
      `The address gs://${bucket} has a parameter that is none of ${parameters.join(', ')}`,
    );
  const emulator = endpointOf(environment.get('STORAGE_EMULATOR_HOST'));
  const endpoint = endpointOf(searchParams.get('endpoint')) ?? emulator;
  const credentials = credentialsOf(environment, endpoint !== null && endpoint === emulator);
  return {
    bucket,
    endpoint: endpoint ?? googleEndpoint(credentials),
    kmsKey: searchParams.get('kms-key'),
    credentials,
  };
}

function credentialsOf(environment: Environment, isEmulated: boolean): GcsCredentials {
  const given = environment.get(variable);
  // Where a Secret holds the file, this is its content.
  if (given?.trimStart().startsWith('{')) return { kind: 'key', key: keyOf(given) };
  if (given !== null) return { kind: 'key', key: keyOf(readText(given, variable)) };
  if (isEmulated) return { kind: 'none' };
  const file = fileOfLogin(environment);
  if (file !== null) return { kind: 'key', key: keyOf(readText(file, 'The login of gcloud')) };
  return { kind: 'instance', host: environment.get('GCE_METADATA_HOST') ?? metadataHost };
}

/** What `gcloud auth application-default login` has left. */
function fileOfLogin(environment: Environment): string | null {
  const home = environment.get('HOME');
  const directory =
    environment.get('CLOUDSDK_CONFIG') ?? (home === null ? null : join(home, '.config/gcloud'));
  const file = directory === null ? null : join(directory, 'application_default_credentials.json');
  return file !== null && existsSync(file) ? file : null;
}

function keyOf(text: string): Readonly<Record<string, unknown>> {
  let key: unknown = null;
  try {
    key = JSON.parse(text);
  } catch {
    // The parser's message shows a part of it.
  }
  if (isRecord(key) && typeof key['type'] === 'string') return key;
  throw new Fault('usage', `${variable} is not a file of Google's credentials (JSON with a "type")`);
}

/** Clouds of their own have another domain. */
function googleEndpoint(credentials: GcsCredentials): string {
  const domain = credentials.kind === 'key' ? credentials.key['universe_domain'] : null;
  const isDomain = typeof domain === 'string' && /^[a-z0-9][a-z0-9.-]*$/.test(domain);
  return `https://storage.${isDomain ? domain : 'googleapis.com'}`;
}

/** `STORAGE_EMULATOR_HOST` may have no scheme. */
function endpointOf(text: string | null): string | null {
  if (text === null) return null;
  const whole = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '')
    throw new Fault('usage', 'The endpoint of a Google store is not an http:// or https:// address');
  return url.href.replace(/\/+$/, '');
}
