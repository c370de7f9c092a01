import { Fault } from '../../base/fault.ts';
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
  if (!connection.isLocal)
    throw new Fault('engine', `${name} at another machine is not supported yet; use an engine on this one`);
  return new DockerEngine(connection, environment);
}
