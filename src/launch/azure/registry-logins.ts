import type { Environment } from '../../settings/cli/environment.ts';
import { registryLogin } from '../docker/image/registry-login.ts';
import type { GroupLogin } from './group-request.ts';

/**
 * The logins of Docker's `config.json` for the registries of these images. The API takes names and passwords only.
 *
 * @param warn takes a sentence about each login that it does not take
 * @throws Fault `engine` if a helper fails
 */
export async function registryLogins(
  images: readonly string[],
  environment: Environment,
  warn: (sentence: string) => void,
): Promise<readonly GroupLogin[]> {
  const found = new Map<string, GroupLogin>();
  const tokens = new Set<string>();
  for (const image of images) {
    const login = await registryLogin(image, environment);
    if (login === null) continue;
    const server = hostOf(login.serveraddress);
    if (!('username' in login)) {
      if (!tokens.has(server))
        warn(
          `The login for ${server} is an identity token, which Azure does not take: ${image} is pulled without it`,
        );
      tokens.add(server);
      continue;
    }
    found.set(server, { server, username: login.username, password: login.password });
  }
  return [...found.values()];
}

/** `config.json` names some registries by a whole address. */
function hostOf(address: string): string {
  return address.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}
