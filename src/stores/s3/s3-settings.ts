import { Fault } from '../../base/fault.ts';
import type { Route } from '../../base/http-request.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import { authorities } from '../../settings/destinations/authorities.ts';
import { storeRoute } from '../store-route.ts';

/** A bucket, and how it is reached. */
export interface S3Settings {
  readonly bucket: string;
  /** Null: AWS. */
  readonly endpoint: string | null;
  /** Null: as AWS' clients find it. */
  readonly region: string | null;
  /** The bucket is in the path of addresses, not in the host name. */
  readonly isPathStyle: boolean;
  readonly encryption: { readonly kind: string; readonly key: string | null } | null;
  /** Null: as AWS' clients find them: variables, files, a web identity, the container or the instance. */
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  } | null;
  readonly route: Route;
}

const encryptions = ['AES256', 'aws:kms', 'aws:kms:dsse'];
const parameters = ['endpoint', 'region', 'path-style', 'sse', 'kms-key'];

/**
 * The bucket of `s3://bucket?endpoint=…&region=…&path-style=true&sse=aws:kms&kms-key=…`.
 *
 * @throws Fault `usage`, which does not show the values
 */
export function s3Settings(address: URL, environment: Environment): S3Settings {
  const bucket = decodeURIComponent(address.hostname);
  if (bucket === '') throw new Fault('usage', 'The address of an S3 bucket has no name: use s3://bucket');
  const { searchParams } = address;
  for (const name of searchParams.keys())
    if (!parameters.includes(name))
      throw new Fault(
        'usage',
        `The address s3://${bucket} has a parameter that is none of ${parameters.join(', ')}`,
      );
  const endpoint = endpointOf(
    searchParams.get('endpoint') ?? environment.get('AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'),
  );
  const pathStyle = searchParams.get('path-style');
  return {
    bucket,
    endpoint,
    region: searchParams.get('region') ?? environment.get('AWS_REGION', 'AWS_DEFAULT_REGION'),
    // No certificate fits a bucket with dots in the host name.
    isPathStyle: pathStyle === null ? endpoint !== null || bucket.includes('.') : pathStyle === 'true',
    encryption: encryptionOf(searchParams.get('sse'), searchParams.get('kms-key')),
    credentials: credentialsOf(environment),
    route: routeOf(new URL(endpoint ?? 'https://s3.amazonaws.com'), environment),
  };
}

function endpointOf(text: string | null): string | null {
  if (text === null) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new Fault(
      'usage',
      'The endpoint of an S3 store is not an http:// or https:// address without credentials',
    );
  return url.href;
}

function encryptionOf(kind: string | null, key: string | null): S3Settings['encryption'] {
  if (kind === null && key === null) return null;
  const chosen = kind ?? 'aws:kms';
  if (encryptions.includes(chosen)) return { kind: chosen, key };
  throw new Fault('usage', `The parameter sse of an S3 store is none of ${encryptions.join(', ')}`);
}

function credentialsOf(environment: Environment): S3Settings['credentials'] {
  const accessKeyId = environment.get('AWS_ACCESS_KEY_ID');
  const secretAccessKey = environment.get('AWS_SECRET_ACCESS_KEY');
  // With a profile, its file decides.
  if (accessKeyId === null || secretAccessKey === null || environment.get('AWS_PROFILE') !== null)
    return null;
  const sessionToken = environment.get('AWS_SESSION_TOKEN');
  return { accessKeyId, secretAccessKey, ...(sessionToken !== null && { sessionToken }) };
}

/** AWS' own variable for an authority works, too. */
function routeOf(url: URL, environment: Environment): Route {
  const route = storeRoute(url, environment);
  const file = environment.get('AWS_CA_BUNDLE');
  if (file === null || route.authority !== null) return route;
  return { ...route, authority: authorities(file, 'AWS_CA_BUNDLE') };
}
