import { Fault } from '../../base/fault.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import { type AzurePrincipal, azurePrincipal } from '../../settings/destinations/azure-principal.ts';
import { secret } from '../../settings/destinations/secret.ts';

/** Who asks an Azure Blob store. */
export type AzureCredentials =
  | { readonly kind: 'key'; readonly account: string; readonly key: string }
  | { readonly kind: 'signature'; readonly query: string }
  /** A token of Entra ID, for whom the environment names, else for the identity of the machine. */
  | { readonly kind: 'token'; readonly principal: AzurePrincipal };

/** A container, and how it is reached. */
export interface AzureSettings {
  readonly container: string;
  /** Of all containers, without a query: `https://account.blob.core.windows.net`. */
  readonly endpoint: string;
  readonly credentials: AzureCredentials;
}

/**
 * The container of `azblob://container?endpoint=…`, as the variables of Azure's own command line name its account. Files of
 * credentials are read anew each time.
 *
 * @throws Fault `usage`
 */
export function azureSettings(address: URL, environment: Environment): AzureSettings {
  const container = decodeURIComponent(address.hostname);
  if (container === '')
    throw new Fault('usage', 'The address of an Azure container has no name: use azblob://container');
  if ([...address.searchParams.keys()].some((name) => name !== 'endpoint'))
    throw new Fault('usage', `The address azblob://${container} has a parameter that is not endpoint`);
  const connection = connectionOf(secret(environment, 'AZURE_STORAGE_CONNECTION_STRING'));
  const account = connection['AccountName'] ?? environment.get('AZURE_STORAGE_ACCOUNT');
  const endpoint = endpointOf(
    address.searchParams.get('endpoint') ??
      environment.get('AZURE_STORAGE_BLOB_ENDPOINT') ??
      connection['BlobEndpoint'] ??
      (account === null ? null : azureEndpoint(account, connection)),
  );
  const key = secret(environment, 'AZURE_STORAGE_KEY') ?? connection['AccountKey'] ?? null;
  const signature =
    secret(environment, 'AZURE_STORAGE_SAS_TOKEN') ?? connection['SharedAccessSignature'] ?? null;
  return {
    container,
    endpoint,
    credentials:
      key === null && signature === null
        ? { kind: 'token', principal: azurePrincipal(environment) }
        : credentialsOf(accountIn(endpoint) ?? account ?? '', key, signature ?? ''),
  };
}

function credentialsOf(account: string, key: string | null, signature: string): AzureCredentials {
  if (key !== null) {
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(key)) throw new Fault('usage', 'AZURE_STORAGE_KEY is not base64');
    return { kind: 'key', account, key };
  }
  const query = new URLSearchParams(signature.trim().replace(/^\?/, ''));
  if (!query.has('sig')) throw new Fault('usage', 'AZURE_STORAGE_SAS_TOKEN is not a shared access signature');
  return { kind: 'signature', query: query.toString() };
}

function azureEndpoint(account: string, connection: Readonly<Record<string, string>>): string {
  const { DefaultEndpointsProtocol: protocol = 'https', EndpointSuffix: suffix = 'core.windows.net' } =
    connection;
  return `${protocol}://${account}.blob.${suffix}`;
}

function endpointOf(text: string | null): string {
  if (text === null)
    throw new Fault('usage', 'There is no account for the Azure container: set AZURE_STORAGE_ACCOUNT');
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '')
    throw new Fault('usage', 'The endpoint of an Azure store is not an http:// or https:// address');
  return url.href.replace(/\/+$/, '');
}

/** Null: it is a name of one's own. An emulator has it in the path. */
function accountIn(endpoint: string): string | null {
  const { hostname, pathname } = new URL(endpoint);
  return (
    /^([a-z0-9]+)(?:-secondary)?\.blob\./.exec(hostname)?.[1] ?? /^\/([^/]+)/.exec(pathname)?.[1] ?? null
  );
}

function connectionOf(text: string | null): Readonly<Record<string, string>> {
  const parts = (text ?? '').split(';').filter((part) => part.includes('='));
  return Object.fromEntries(
    parts.map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]),
  );
}
