import type Docker from 'dockerode';
import { Fault } from '../../base/fault.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import { engineReason } from './engine-fault.ts';
import { registryLogin } from './registry-login.ts';

/** One line of a pull's progress. */
interface PullEvent {
  readonly status?: string;
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
}

/**
 * Pulls an image. An engine answers 200, and may report the failure later in its stream.
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
    const stream = await docker.pull(withTag(image), options);
    let failure: string | null = null;
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(
        stream,
        (error) => (error === null ? resolve() : reject(error)),
        (event: PullEvent) => {
          failure ??= event.error ?? event.errorDetail?.message ?? null;
        },
      );
    });
    if (failure !== null) throw refuse(engineReason(new Error(failure)));
  } catch (error) {
    if (error instanceof Fault || of.signal.aborted) throw error;
    throw refuse(engineReason(error));
  }
}

/** Without a tag, the API would pull every one. */
function withTag(image: string): string {
  return /@|:[^/]*$/.test(image) ? image : `${image}:latest`;
}
