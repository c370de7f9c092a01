import type { Route } from '../base/http-request.ts';
import type { Environment } from '../settings/cli/environment.ts';
import { authorities } from '../settings/destinations/authorities.ts';
import { proxyFor } from '../settings/proxy.ts';

/**
 * How a store is reached: through the proxy of the environment, and by a certificate authority of one's own
 * (`EMISSARY_STORE_CA_FILE`).
 *
 * @throws Fault `usage`
 */
export function storeRoute(url: URL, environment: Environment): Route {
  const file = environment.get('EMISSARY_STORE_CA_FILE');
  return {
    proxy: proxyFor(url, environment),
    authority: file === null ? null : authorities(file, 'EMISSARY_STORE_CA_FILE'),
  };
}
