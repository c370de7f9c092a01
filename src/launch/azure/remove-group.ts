import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { pause } from '../../base/timer.ts';
import type { ContainerGroups } from './api/container-groups.ts';
import {
  isOfAzure,
  isPlaceMissing,
  isTemporary,
  ManagerError,
  reasonOfManager,
} from './api/manager-error.ts';

/**
 * Deletes a group, and resolves when it is gone: whoever gives up must see that nothing can start any more. A group that is
 * just being made is deleted as soon as Azure allows it.
 *
 * @throws Fault `engine` where it stays; the signal's reason
 */
export async function removeGroup(groups: ContainerGroups, name: string, signal: AbortSignal): Promise<void> {
  const until = performance.now() + limits.azureGoneMs;
  const removal = new Removal(groups, name);
  const late = AbortSignal.any([signal, AbortSignal.timeout(limits.azureGoneMs)]);
  for (let pauseMs: number = limits.azureLookMs; performance.now() < until; ) {
    if (await removal.isDone(late)) return;
    await pause(pauseMs, late);
    if (signal.aborted) throw signal.reason;
    pauseMs = Math.min(pauseMs * 1.5, limits.azureStartLookMs);
  }
  const seconds = limits.azureGoneMs / 1000;
  throw new Fault(
    'engine',
    `The container group ${name} was not deleted within ${seconds} s: ${removal.reason}`,
  );
}

class Removal {
  readonly #groups: ContainerGroups;
  readonly #name: string;
  #isAccepted = false;
  /** Why the group is still there. */
  reason = 'it is still there';

  constructor(groups: ContainerGroups, name: string) {
    this.#groups = groups;
    this.#name = name;
  }

  /** @throws Fault `engine` where Azure refuses for good */
  async isDone(signal: AbortSignal): Promise<boolean> {
    try {
      if (!this.#isAccepted) await this.#groups.remove(this.#name, signal);
      // What was not there may have come meanwhile.
      this.#isAccepted = !this.#groups.mayAppear;
      return (await this.#groups.read(this.#name, signal)) === null && this.#isAccepted;
    } catch (error) {
      if (signal.aborted) return false;
      if (!isOfAzure(error) && !(error instanceof Fault)) throw error;
      this.reason = reasonOfManager(error);
      if (isTemporary(error) || isBusy(error)) return false;
      if (isPlaceMissing(error)) return true;
      throw new Fault('engine', `Azure cannot delete the container group ${this.#name}: ${this.reason}`);
    }
  }
}

/** Something else is being done with it. */
function isBusy(error: unknown): boolean {
  return error instanceof ManagerError && error.status === 409;
}
