import type { EngineSetup } from '../engine.ts';
import { connect } from './connection/connect.ts';
import { dockerEndpoint, type LocatedEndpoint, podmanEndpoint } from './connection/endpoint.ts';
import { podmanService } from './connection/podman-service.ts';
import { DockerEngine } from './docker-engine.ts';
import { warnOfLogout } from './rootless/warn-of-logout.ts';

/**
 * Connects to Docker or podman.
 *
 * @throws Fault `engine`, `usage`
 */
export async function openDocker(name: 'docker' | 'podman', setup: EngineSetup): Promise<DockerEngine> {
  const { environment, state } = setup;
  const { endpoint, isOwn } = await locateEngine(name, setup);
  const connection = await connect(name, endpoint, setup);
  if (connection.user !== null) warnOfLogout(connection.user, setup);
  // It ends when it has been idle for a while.
  const revive = () =>
    podmanService(state, { environment, signal: new AbortController().signal }).then(
      () => true,
      () => false,
    );
  return new DockerEngine(isOwn ? { ...connection, revive } : connection, environment);
}

/**
 * Finds the engine's API, and starts podman's where there is none.
 *
 * @throws Fault `engine`, `usage`
 */
export async function locateEngine(
  name: 'docker' | 'podman',
  setup: Pick<EngineSetup, 'environment' | 'state' | 'signal'>,
): Promise<LocatedEndpoint & { readonly isOwn: boolean }> {
  const { environment, state } = setup;
  const found = name === 'docker' ? dockerEndpoint(environment) : podmanEndpoint(environment);
  if (found !== null) return { ...found, isOwn: false };
  const endpoint = await podmanService(state, setup);
  return { endpoint, source: 'of a podman service that this program has started', isOwn: true };
}
