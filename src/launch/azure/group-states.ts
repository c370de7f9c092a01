import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { pause } from '../../base/timer.ts';
import type { ContainerGroups } from './api/container-groups.ts';
import { isOfAzure, isTemporary, reasonOfManager } from './api/manager-error.ts';
import type { ContainerGroup } from './group.ts';

/** How a group is followed. */
export interface Following {
  readonly signal: AbortSignal;
  /** The longest pause between two looks, in ms. */
  readonly mostMs: number;
  /** Called, with the reason, when Azure begins not to answer. */
  readonly silent: (reason: string) => void;
}

/**
 * A group as it is now; null only where it was not found for a while: not every server may know it. An answer that fails is asked
 * for again, as long.
 *
 * @throws as `ContainerGroups.read`
 */
export async function readSurely(
  groups: ContainerGroups,
  name: string,
  signal: AbortSignal,
): Promise<ContainerGroup | null> {
  const until = performance.now() + limits.azureMissingMs;
  for (let missingSince: number | null = null; ; ) {
    const group = await newsOf(groups, name, { signal, mayFail: performance.now() < until });
    if (group !== null && group !== undefined) return group;
    if (group === null) {
      missingSince ??= performance.now();
      if (performance.now() - missingSince >= limits.azureMissingMs) return null;
    }
    await pause(limits.engineRetryMs, signal);
    if (signal.aborted) throw signal.reason;
  }
}

/** @returns undefined: Azure did not tell */
async function newsOf(
  groups: ContainerGroups,
  name: string,
  { signal, mayFail }: { readonly signal: AbortSignal; readonly mayFail: boolean },
): Promise<ContainerGroup | null | undefined> {
  try {
    return await groups.read(name, signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (!mayFail || !isTemporary(error)) throw error;
    return undefined;
  }
}

/**
 * A group's states, from now on: null where it is not there. Missing news never counts as news: an answer that fails is asked
 * for again, and a group that is not found may only be not found yet, or by one of several servers.
 *
 * @throws Fault `engine` where Azure refuses for good; the signal's reason
 */
export async function* groupStates(
  groups: ContainerGroups,
  name: string,
  { signal, mostMs, silent }: Following,
): AsyncGenerator<ContainerGroup | null> {
  let missingSince: number | null = null;
  let isKnown = false;
  for (let pauseMs: number = limits.azureLookMs; ; pauseMs = Math.min(pauseMs * 1.5, mostMs)) {
    try {
      const group = await groups.read(name, signal);
      isKnown = false;
      if (group === null) missingSince ??= performance.now();
      else missingSince = null;
      if (missingSince === null || performance.now() - missingSince >= limits.azureMissingMs) yield group;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!isTemporary(error)) throw refusal(error, name);
      if (!isKnown) silent(reasonOfManager(error));
      isKnown = true;
    }
    await pause(pauseMs, signal);
    if (signal.aborted) throw signal.reason;
  }
}

function refusal(error: unknown, name: string): unknown {
  if (!isOfAzure(error)) return error;
  return new Fault('engine', `Azure refuses to tell of ${name}: ${reasonOfManager(error)}`);
}
