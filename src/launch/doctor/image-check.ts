import { arch } from 'node:process';
import { limits } from '../../base/limits.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import type { Connection } from '../docker/connection/connect.ts';
import { statusOf } from '../docker/connection/engine-fault.ts';
import { pullImage } from '../docker/image/pull-image.ts';
import { type Check, failed, ok } from './check.ts';
import type { EngineAccess } from './engine-access.ts';

/** Node's name of an architecture → the images'. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** The image is there, or can be pulled: it is pulled, since nothing less proves it. */
export function imageCheck(access: EngineAccess, image: string, environment: Environment): Check {
  return {
    name: 'image',
    needs: ['API'],
    remedy: "check the image's name, the network, and the login: docker login REGISTRY",
    limitMs: limits.launchStartSeconds * 1000,
    async examine(signal) {
      const connection = await access.connect();
      const present = await isPresent(connection, image);
      if (!present) {
        const pulling = { environment, phase: () => undefined, signal };
        await pullImage(connection.docker, image, pulling);
      }
      const { Architecture, Os } = await connection.docker.getImage(image).inspect();
      const own = architectures[arch] ?? arch;
      const platform = `${Os}/${Architecture}`;
      if (platform !== `linux/${own}`)
        return failed(
          `${image} is for ${platform}, and this program for linux/${own}`,
          `use an image for linux/${own}`,
        );
      return ok(`${image} ${present ? 'is there' : 'was pulled'} (${platform})`);
    },
  };
}

async function isPresent({ docker }: Connection, image: string): Promise<boolean> {
  try {
    await docker.getImage(image).inspect();
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}
