import { Fault, messageOf } from '../../base/fault.ts';
import { printable } from '../../base/printable.ts';
import { shorten } from '../../base/shorten.ts';
import { type ImageReference, imageReference } from '../../registry/image-reference.ts';
import { imageStart, ownArchitecture } from '../../registry/image-start.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import { registryLogin } from '../docker/image/registry-login.ts';

/**
 * The command that an image runs by itself, its ENTRYPOINT and CMD, as its registry tells it, for Linux on this machine's
 * kind of processor, with the login of Docker's `config.json`.
 *
 * @throws Fault `engine` if the registry does not tell
 */
export async function registryCommand(
  image: string,
  environment: Environment,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { host } = referenceOf(image);
  const login = await registryLogin(image, environment);
  const logins = login !== null && 'username' in login ? [login] : [];
  const lookup = { logins, environment, signal, architecture: ownArchitecture, cache: null };
  try {
    const { entrypoint, command } = await imageStart(image, lookup);
    return [...entrypoint, ...command];
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    const reason = shorten(printable(messageOf(cause)));
    throw new Fault(
      'engine',
      `Cannot look up the command of the image ${image} at ${host}: ${reason}; put the command behind --`,
      { cause },
    );
  }
}

/** @throws Fault `usage` */
function referenceOf(image: string): ImageReference {
  try {
    return imageReference(image);
  } catch (cause) {
    throw new Fault('usage', `The image ${shorten(printable(image))}: ${messageOf(cause)}`, { cause });
  }
}
