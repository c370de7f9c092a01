import { limits } from '../../base/limits.ts';
import { pause } from '../../base/timer.ts';
import { unlessAborted } from '../../base/unless-aborted.ts';
import type { StartLimits } from '../engine.ts';
import type { ContainerGroups } from './api/container-groups.ts';
import { isTemporary, NoAnswer, reasonOfManager } from './api/manager-error.ts';
import { startFailure } from './start-failure.ts';

/** How a group is started. */
export interface Starting {
  readonly body: object;
  readonly phase: (text: string) => void;
  /** That of `StartLimits`. */
  readonly unmade: NonNullable<StartLimits['unmade']>;
  /** Why it is waited for has been told: making it again is no news. Default: no. */
  readonly isRepeated?: boolean;
  /** Aborted: its start is not wanted any more. Whoever aborts it removes the group. */
  readonly signal: AbortSignal;
}

/**
 * A request that was not answered may have been obeyed: the group is looked for before it is sent again.
 *
 * @returns the operation that makes it; null: an earlier request has
 */
export async function makeGroup(groups: ContainerGroups, name: string, of: Starting): Promise<string | null> {
  const { phase, signal } = of;
  for (
    let pauseMs: number = limits.engineRetryMs;
    ;
    pauseMs = Math.min(pauseMs * 2, limits.azureMaxRetryMs)
  ) {
    try {
      if ((await groups.read(name, signal)) !== null) return null;
      if (groups.mayAppear) throw new NoAnswer('it has not answered the request for the container group');
      return await put(groups, name, of);
    } catch (error) {
      phase(`waiting for Azure: ${reasonToWait(error, groups, signal)}`);
    }
    await pause(pauseMs, signal);
    if (signal.aborted) throw signal.reason;
  }
}

/** @throws what is no reason to wait */
function reasonToWait(error: unknown, groups: ContainerGroups, signal: AbortSignal): string {
  if (signal.aborted) throw signal.reason;
  if (!isTemporary(error) || isTold(error, groups)) throw error;
  return reasonOfManager(error);
}

/** @returns the operation that makes the group */
async function put(
  groups: ContainerGroups,
  name: string,
  { body, phase, signal, isRepeated = false }: Starting,
): Promise<string | null> {
  if (!isRepeated) phase('creating the container group');
  // A group that is made nevertheless has to be known, and is deleted.
  const made = groups.put(name, body, {
    patience: signal,
    throttled: (seconds) => phase(`waiting for Azure: it is asked too often, and again in ${seconds} s`),
  });
  const answer = await unlessAborted(made, signal).catch(async (error) => {
    if (signal.aborted) await made.catch(() => undefined);
    throw error;
  });
  return answer.operation;
}

/** Whether a refusal has a meaning of its own, although its status says that the server is not well. */
function isTold(error: unknown, { location }: ContainerGroups): boolean {
  return (
    startFailure(error, location).kind !== 'waits' ||
    /capacity|quota/.test(startFailure(error, location).text)
  );
}
