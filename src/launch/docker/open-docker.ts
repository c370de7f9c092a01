import type { EngineSetup } from '../engine.ts';
import { connect } from './connect.ts';
import { DockerEngine } from './docker-engine.ts';
import { dockerEndpoint, type LocatedEndpoint, podmanEndpoint } from './endpoint.ts';
import { podmanService } from './podman-service.ts';
import { warnOfLogout } from './warn-of-logout.ts';

/**
 * Connects to Docker or podman.
 *
 * @throws Fault `engine`, `usage`
 */
export async function openDocker(name: 'docker' | 'podman', setup: EngineSetup): Promise<DockerEngine> {
  const { endpoint } = await locateEngine(name, setup);
  const connection = await connect(name, endpoint);
  if (connection.isPodman) warnOfLogout(endpoint, setup);
  return new DockerEngine(connection, setup.environment);
}

/**
 * Finds the engine's API, and starts podman's where there is none.
 *
 * @throws Fault `engine`, `usage`
 */
export async function locateEngine(
  name: 'docker' | 'podman',
  { environment, state }: Pick<EngineSetup, 'environment' | 'state'>,
): Promise<LocatedEndpoint> {
  if (name === 'docker') return dockerEndpoint(environment);
  const found = podmanEndpoint(environment);
  if (found !== null) return found;
  return {
    endpoint: await podmanService(environment, state),
    source: 'of a podman service that this program has started',
  };
}
