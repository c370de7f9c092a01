import type { EngineSetup } from '../engine.ts';
import { connect } from './connect.ts';
import { DockerEngine } from './docker-engine.ts';
import { dockerEndpoint, podmanEndpoint } from './endpoint.ts';
import { podmanService } from './podman-service.ts';

/**
 * Connects to Docker or podman.
 *
 * @throws Fault `engine`, `usage`
 */
export async function openDocker(name: 'docker' | 'podman', setup: EngineSetup): Promise<DockerEngine> {
  const { environment, state } = setup;
  const endpoint =
    name === 'docker'
      ? dockerEndpoint(environment)
      : (podmanEndpoint(environment) ?? (await podmanService(environment, state)));
  const connection = await connect(name, endpoint);
  return new DockerEngine(connection, environment);
}
