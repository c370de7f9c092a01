import { Fault } from '../../base/fault.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import { secret } from '../../settings/destinations/secret.ts';
import { basicAuthorization, credentialsIn } from './http-get.ts';

/**
 * The credentials of a server that takes files by PUT: a token, a user and a password, or those in its address.
 *
 * @returns a header; null: none
 * @throws Fault `usage`
 */
export function credentialsOf(
  address: URL,
  environment: Environment,
): Readonly<Record<string, string>> | null {
  const token = secret(environment, 'EMISSARY_HTTP_TOKEN');
  const user = secret(environment, 'EMISSARY_HTTP_USER');
  const password = secret(environment, 'EMISSARY_HTTP_PASSWORD');
  if (token !== null && user !== null)
    throw new Fault('usage', 'EMISSARY_HTTP_TOKEN and EMISSARY_HTTP_USER are both set; set one of them');
  if (token !== null && !/^[\x21-\x7e]+$/.test(token))
    throw new Fault(
      'usage',
      'EMISSARY_HTTP_TOKEN has a space, a line break or another character that no token has',
    );
  if (token !== null) return { authorization: `Bearer ${token}` };
  if (user !== null) return { authorization: basicAuthorization(user, password ?? '') };
  return credentialsIn(address);
}
