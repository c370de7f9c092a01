import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { Fault, messageOf } from '../../base/fault.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import { addressOf } from '../docker/connection/connect.ts';
import type { Endpoint } from '../docker/connection/endpoint.ts';
import { type Check, failed, ok, warning } from './check.ts';
import type { EngineAccess } from './engine-access.ts';

/** Which address of the engine is used, and why. */
export function addressCheck(access: EngineAccess, environment: Environment): Check {
  const variable = access.name === 'docker' ? 'DOCKER_HOST' : 'CONTAINER_HOST';
  const remedy = `set ${variable} to the engine's address, such as unix:///run/NAME.sock`;
  return {
    name: 'address',
    // Podman's own service has its socket there.
    needs: access.name === 'podman' ? ['state directory'] : [],
    remedy,
    async examine() {
      try {
        const { endpoint, source } = await access.locate();
        const found = `${addressOf(endpoint)} (${source})`;
        return isOpen(endpoint)
          ? warning(
              `${found}; without TLS, whoever reaches it has root's rights there`,
              'use ssh:// or TLS, or a network that nobody else can reach',
            )
          : ok(found);
      } catch (error) {
        if (error instanceof Fault && error.code === 'engine' && !hasProgram('podman', environment))
          return failed(
            'podman is not installed, and no socket of it was found',
            `install it: apt-get install podman; or ${remedy}`,
          );
        return failed(messageOf(error), remedy);
      }
    },
  };
}

function isOpen(endpoint: Endpoint): boolean {
  return endpoint.kind === 'tcp' && endpoint.tls === null && !/^(localhost|127\..*|::1)$/.test(endpoint.host);
}

function hasProgram(name: string, environment: Environment): boolean {
  return (environment.get('PATH') ?? '').split(':').some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
