import type {
  AccessToken,
  ClientSecretCredentialOptions,
  GetTokenOptions,
  TokenCredential,
} from '@azure/identity';
import { Fault } from '../../../base/fault.ts';
import type { HttpProxy } from '../../../base/http-request.ts';
import type { Environment } from '../../../settings/cli/environment.ts';
import {
  type AzurePrincipal,
  hasOwnIdentity,
  launcherPrincipal,
} from '../../../settings/destinations/azure-principal.ts';
import { proxyFor } from '../../../settings/proxy.ts';
import { azureIdentity } from '../../../stores/azure/azure-identity.ts';
import { AzLogin } from './az-login.ts';
import { reasonOfManager } from './manager-error.ts';

/** Who asks, and how that is told to people. */
export interface AzureCredential {
  readonly credential: TokenCredential;
  /** Such as `service principal 1234…`. */
  readonly kind: string;
}

/**
 * Whoever the environment names, by the variables of Azure's own libraries. Where it names nobody: the login of `az`, else the
 * identity of the machine.
 *
 * @param authority PEM text of an authority of one's own for Entra ID; null: the usual ones
 * @throws Fault `usage` for somebody who is named in part, or by what is no name, and a secret's file that cannot be read
 */
export function azureCredential(environment: Environment, authority: string | null): AzureCredential {
  const principal = launcherPrincipal(environment);
  const credential = identityOf(principal, optionsOf(environment, authority));
  const isSure = principal.kind !== 'machine' || principal.clientId !== null || hasOwnIdentity(environment);
  if (isSure) return { credential, kind: told(principal) };
  return {
    credential: new EitherCredential(new AzLogin(environment), credential),
    kind: 'the login of az, or the identity of this machine',
  };
}

function identityOf(principal: AzurePrincipal, options: ClientSecretCredentialOptions): TokenCredential {
  try {
    return azureIdentity(principal, options);
  } catch (cause) {
    const sentence = `Azure cannot be asked by ${told(principal)}: ${reasonOfManager(cause)}`;
    throw new Fault('usage', sentence, { cause });
  }
}

function told(principal: AzurePrincipal): string {
  switch (principal.kind) {
    case 'secret':
    case 'certificate':
      return `the service principal ${principal.clientId}`;
    case 'person':
      return `the user ${principal.username}`;
    case 'workload':
      return `the workload identity ${principal.clientId}`;
    case 'machine':
      return principal.clientId === null
        ? 'the identity of this machine'
        : `the identity ${principal.clientId} of this machine`;
  }
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
