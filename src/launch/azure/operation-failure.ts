import { limits } from '../../base/limits.ts';
import { pause } from '../../base/timer.ts';
import type { ContainerGroups } from './api/container-groups.ts';
import { isOfAzure, isTemporary, type ManagerError } from './api/manager-error.ts';

/**
 * Why an operation has failed. An answer that fails is asked for again a few times: the group itself tells it, too, but not always.
 *
 * @returns null: as far as is known, it has not
 * @throws the signal's reason
 */
export async function operationFailure(
  groups: ContainerGroups,
  operation: string,
  signal: AbortSignal,
): Promise<ManagerError | null> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await groups.failure(operation, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!isOfAzure(error)) throw error;
      if (!isTemporary(error) || tries >= limits.azureOperationTries) return null;
    }
    await pause(limits.engineRetryMs, signal);
    if (signal.aborted) throw signal.reason;
  }
}
