import {
  type AccessToken,
  ClientSecretCredential,
  type ClientSecretCredentialOptions,
  type GetTokenOptions,
  ManagedIdentityCredential,
  type TokenCredential,
  WorkloadIdentityCredential,
} from '@azure/identity';
import type { HttpProxy } from '../../../base/http-request.ts';
import type { Environment } from '../../../settings/cli/environment.ts';
import { secret } from '../../../settings/destinations/secret.ts';
import { proxyFor } from '../../../settings/proxy.ts';
import { AzLogin } from './az-login.ts';

/** Who asks, and how that is told to people. */
export interface AzureCredential {
  readonly credential: TokenCredential;
  /** Such as `service principal 1234…`. */
  readonly kind: string;
}

/**
 * The service principal or the workload identity that the environment names, else the login of `az`, else the identity of the
 * machine. The variables are those of Azure's own libraries.
 *
 * @param authority PEM text of an authority of one's own for Entra ID; null: the usual ones
 * @throws Fault `usage` for a secret's file that cannot be read
 */
export function azureCredential(environment: Environment, authority: string | null): AzureCredential {
  const [clientId, tenantId, tokenFilePath] = ['CLIENT_ID', 'TENANT_ID', 'FEDERATED_TOKEN_FILE'].map((name) =>
    environment.get(`AZURE_${name}`),
  );
  const options = optionsOf(environment, authority);
  const password = secret(environment, 'AZURE_CLIENT_SECRET');
  if (clientId != null && tenantId != null && password !== null)
    return {
      credential: new ClientSecretCredential(tenantId, clientId, password, options),
      kind: `the service principal ${clientId}`,
    };
  if (clientId != null && tenantId != null && tokenFilePath != null)
    return {
      credential: new WorkloadIdentityCredential({ ...options, clientId, tenantId, tokenFilePath }),
      kind: `the workload identity ${clientId}`,
    };
  const machine =
    clientId == null ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId });
  if (environment.get('IDENTITY_ENDPOINT', 'MSI_ENDPOINT') !== null)
    return { credential: machine, kind: 'the identity of this machine' };
  return {
    credential: new EitherCredential(new AzLogin(environment), machine),
    kind: 'the login of az, or the identity of this machine',
  };
}

const publicAuthority = 'https://login.microsoftonline.com';

/** The library would look for a proxy in variables that are hidden from it. @throws Fault `usage` */
function optionsOf(environment: Environment, authority: string | null): ClientSecretCredentialOptions {
  const authorityHost = environment.get('AZURE_AUTHORITY_HOST') ?? publicAuthority;
  const url = URL.canParse(authorityHost) ? new URL(authorityHost) : new URL(publicAuthority);
  const proxy = proxyFor(url, environment);
  return {
    authorityHost,
    ...(proxy !== null && { proxyOptions: proxyOptions(proxy) }),
    // A server of one's own is no instance that Entra ID could vouch for.
    ...(authority !== null && { disableInstanceDiscovery: true, tlsOptions: { ca: authority } }),
  };
}

function proxyOptions({ address }: HttpProxy) {
  const { protocol, hostname, port, username, password } = new URL(address);
  return {
    host: `${protocol}//${hostname}`,
    port: Number(port || (protocol === 'https:' ? 443 : 80)),
    ...(username !== '' && {
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
    }),
  };
}

/** One after the other; where both fail, both say why. */
class EitherCredential implements TokenCredential {
  readonly #ways: readonly TokenCredential[];

  constructor(...ways: readonly TokenCredential[]) {
    this.#ways = ways;
  }

  async getToken(scope: string, options?: GetTokenOptions): Promise<AccessToken | null> {
    const errors: unknown[] = [];
    for (const way of this.#ways) {
      try {
        return await way.getToken(scope, options);
      } catch (error) {
        errors.push(error);
      }
    }
    throw new AggregateError(errors);
  }
}
