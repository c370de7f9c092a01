import { getRawAsset, isSea } from 'node:sea';
import { errnoText } from '../base/errno-text.ts';
import { Fault, messageOf } from '../base/fault.ts';
import type { Spawned, SpawnRequest } from '../kernel/spawn.ts';
import { spawnIsolated, type Unisolated } from '../kernel/spawn-isolated.ts';

/** Where to look, by what failed. */
const steps: Readonly<Record<Unisolated['step'], string>> = {
  memory: 'no memory for its start',
  start: 'its start failed, which needs /proc',
  namespaces:
    "user namespaces are not allowed here: see the kernel's settings and the container's seccomp profile",
  users: 'its users cannot be mapped',
};

/**
 * Starts the job in a user and a network namespace of its own.
 * @throws Fault `supervision` if that is not possible: a job that must not have a network does not run with one
 */
export function startIsolated(request: SpawnRequest): Spawned {
  if (!isSea()) throw new Fault('supervision', 'Only the built program can run a job without network');
  const started = spawnIsolated(request, new Uint8Array(getRawAsset('isolator')));
  if (!('step' in started)) return started;
  const { step, cause } = started;
  const reason = typeof cause === 'number' ? errnoText(cause) : messageOf(cause);
  throw new Fault('supervision', `Cannot run the job without network: ${steps[step]} (${reason})`);
}
