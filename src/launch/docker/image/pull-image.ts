import type Docker from 'dockerode';
import { Fault } from '../../../base/fault.ts';
import type { Environment } from '../../../settings/cli/environment.ts';
import { engineReason } from '../connection/engine-fault.ts';
import { followEvents } from './follow-events.ts';
import { registryLogin } from './registry-login.ts';

/**
 * Pulls an image.
 *
 * @throws Fault `engine` with the image and the registry's own reason
 */
export async function pullImage(
  docker: Docker,
  image: string,
  of: {
    readonly environment: Environment;
    readonly phase: (text: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  of.phase(`pulling ${image}`);
  const refuse = (reason: string) => new Fault('engine', `Cannot pull the image ${image}: ${reason}`);
  try {
    const authconfig = await registryLogin(image, of.environment);
    const options = { abortSignal: of.signal, ...(authconfig !== null && { authconfig }) };
    await followEvents(await docker.pull(withTag(image), options));
  } catch (error) {
    if (error instanceof Fault || of.signal.aborted) throw error;
    throw refuse(engineReason(error));
  }
}

/** Without a tag, the API would pull every one. */
function withTag(image: string): string {
  return /@|:[^/]*$/.test(image) ? image : `${image}:latest`;
}
