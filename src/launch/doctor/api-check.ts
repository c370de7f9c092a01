import { type Check, ok, warning } from './check.ts';
import type { EngineAccess } from './engine-access.ts';
import { startAdvice } from './socket-check.ts';

/** The engine answers, and speaks a version of the API that this program speaks. */
export function apiCheck(access: EngineAccess): Check {
  return {
    name: 'API',
    needs: ['address', 'socket'],
    remedy: startAdvice(access.name),
    async examine() {
      const { docker, product, api, isPodman } = await access.connect();
      const { ApiVersion, MinAPIVersion } = (await docker.version()) as {
        readonly ApiVersion?: string;
        readonly MinAPIVersion?: string;
      };
      const found = `${product}, API ${api.replace('v', '')} (of ${MinAPIVersion ?? '?'} to ${ApiVersion ?? '?'})`;
      return access.name === 'podman' && !isPodman
        ? warning(`${found}; this is not podman`, 'use --engine docker, or correct CONTAINER_HOST')
        : ok(found);
    },
  };
}
