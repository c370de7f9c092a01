import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { pause } from '../../base/timer.ts';
import type { ContainerGroups } from './api/container-groups.ts';
import { isTemporary, reasonOfManager } from './api/manager-error.ts';
import { type ContainerGroup, stateOf } from './group.ts';
import { removeGroup } from './remove-group.ts';

/**
 * Removes the group that an earlier launch of the job has left under its name. Azure may not answer at once.
 *
 * @throws Fault `engine` for one that runs; ManagerError; the signal's reason
 */
export async function freeName(
  groups: ContainerGroups,
  name: string,
  { phase, signal }: { readonly phase: (text: string) => void; readonly signal: AbortSignal },
): Promise<void> {
  for (;;) {
    try {
      const earlier = await readTwice(groups, name, signal);
      if (earlier === null) return;
      if (stateOf(earlier).kind === 'running')
        throw new Fault('engine', `There is a container group ${name} already, which runs`);
      phase('removing the container group of an earlier launch');
      return await removeGroup(groups, name, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!isTemporary(error)) throw error;
      phase(`waiting for Azure: ${reasonOfManager(error)}`);
    }
    await pause(limits.engineRetryMs, signal);
    if (signal.aborted) throw signal.reason;
  }
}

/** One answer that it is not there may be a server's that does not know it; a random name cannot be taken. */
async function readTwice(
  groups: ContainerGroups,
  name: string,
  signal: AbortSignal,
): Promise<ContainerGroup | null> {
  const group = await groups.read(name, signal);
  if (group !== null || /-run-[0-9a-f]+$/.test(name)) return group;
  await pause(limits.engineRetryMs, signal);
  if (signal.aborted) throw signal.reason;
  return groups.read(name, signal);
}
