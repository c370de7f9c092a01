import assert from 'node:assert/strict';
import type { Finished } from './emissary.ts';

/** The variable that says where an engine's API is. */
export const hostVariables = { docker: 'DOCKER_HOST', podman: 'CONTAINER_HOST' } as const;

/** Checks that a launch of `exit 7` has run on its engine, at another machine as far as the launcher can tell. */
export function assertReached({ status, stdout, stderr }: Finished): void {
  assert.deepEqual([status, stdout.toString()], [7, ''], stderr);
}
