import type { Environment } from '../../settings/cli/environment.ts';
import { registryLogin } from '../docker/image/registry-login.ts';
import type { GroupLogin } from './group-request.ts';

/** The logins of Docker's `config.json` for the registries of these images. @throws Fault `engine` if a helper fails */
export async function registryLogins(
  images: readonly string[],
  environment: Environment,
): Promise<readonly GroupLogin[]> {
  const found = new Map<string, GroupLogin>();
  for (const image of images) {
    const login = await registryLogin(image, environment);
    if (login === null || !('username' in login)) continue;
    const server = hostOf(login.serveraddress);
    found.set(server, { server, username: login.username, password: login.password });
  }
  return [...found.values()];
}

/** `config.json` names some registries by a whole address. */
function hostOf(address: string): string {
  return address.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}
