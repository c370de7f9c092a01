import type { Connection } from '../connection/connect.ts';

/** What podman knows about itself: the part of `GET /libpod/info` that decides whether jobs can run. */
export interface PodmanInfo {
  readonly host: {
    readonly cgroupVersion?: string;
    readonly cgroupControllers?: readonly string[] | null;
    readonly idMappings?: {
      readonly uidmap?: readonly IdRange[] | null;
      readonly gidmap?: readonly IdRange[] | null;
    };
    readonly security?: { readonly rootless?: boolean };
  };
}

/** IDs of a user namespace. */
export interface IdRange {
  readonly size: number;
}

/** Asks podman about itself. @throws the engine's error */
export function podmanInfo({ docker }: Connection): Promise<PodmanInfo> {
  const request = { path: '/libpod/info', method: 'GET', statusCodes: { 200: true } };
  return new Promise((resolve, reject) => {
    docker.modem.dial(request, (error: unknown, answer: unknown) => {
      if (error === null || error === undefined) resolve(answer as PodmanInfo);
      else reject(error);
    });
  });
}
