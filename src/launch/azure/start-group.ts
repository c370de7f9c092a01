import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { printable } from '../../base/printable.ts';
import { shorten } from '../../base/shorten.ts';
import { after, pause, type Timer } from '../../base/timer.ts';
import type { EngineJob } from '../engine.ts';
import type { ContainerGroups } from './api/container-groups.ts';
import { isOfAzure } from './api/manager-error.ts';
import {
  type ContainerGroup,
  containers,
  failureIn,
  isOver,
  isReachable,
  isUnreachable,
  stateOf,
} from './group.ts';
import { groupStates } from './group-states.ts';
import { makeGroup, type Starting } from './make-group.ts';
import { operationFailure } from './operation-failure.ts';
import { removeGroup } from './remove-group.ts';
import { eventFailure, type StartFailure, startFailure } from './start-failure.ts';
import { hasPulled, waitingReason } from './waiting-reason.ts';

/**
 * Makes the job's group, unless an earlier launcher has, and resolves when the job has started and its volume can be reached, or
 * it has ended already. What time can mend (quota, capacity) is tried again, with the reason shown; the failed group is removed
 * before.
 *
 * @throws Fault `engine` for what no time mends, and for images that do not come within their grace; the signal's reason
 */
export async function startGroup(groups: ContainerGroups, job: EngineJob, of: Starting): Promise<void> {
  const grace = new PullGrace(job.pull === 'never' ? 0 : limits.imagePullGraceMs);
  const late = new AbortController();
  const signal = AbortSignal.any([of.signal, late.signal]);
  let isRepeated = false;
  try {
    for (
      let pauseMs: number = limits.engineRetryMs;
      ;
      pauseMs = Math.min(pauseMs * 2, limits.azureMaxRetryMs)
    ) {
      const failure = await startOnce(groups, job, { ...of, signal, isRepeated }, (text) =>
        text === null ? grace.cancel() : grace.begin(() => late.abort(neverStarts(text))),
      );
      if (failure === null) return;
      if (failure.kind === 'never') throw neverStarts(failure.text);
      of.phase(failure.text);
      isRepeated = true;
      if (failure.kind === 'pull') grace.begin(() => late.abort(neverStarts(failure.text)));
      await removeFailed(groups, job.name, { unmade: of.unmade, signal });
      await pause(pauseMs, signal);
      if (signal.aborted) throw signal.reason;
      of.unmade(false);
    }
  } finally {
    grace.cancel();
    late.abort();
  }
}

/** A launcher that is killed meanwhile must not leave it as one whose job may have run; one that stays is still to be found. */
async function removeFailed(
  groups: ContainerGroups,
  name: string,
  { unmade, signal }: Pick<Starting, 'unmade' | 'signal'>,
): Promise<void> {
  unmade(true);
  try {
    await removeGroup(groups, name, signal);
  } catch (error) {
    unmade(false);
    throw error;
  }
}

function neverStarts(text: string): Fault {
  return new Fault('engine', text.charAt(0).toUpperCase() + text.slice(1));
}

/**
 * @param pullFails called with why an image does not come; null: it has come
 * @returns null if it has started
 */
async function startOnce(
  groups: ContainerGroups,
  job: EngineJob,
  of: Starting,
  pullFails: (text: string | null) => void,
): Promise<StartFailure | null> {
  let operation: string | null = null;
  try {
    operation = await makeGroup(groups, job.name, of);
  } catch (error) {
    if (of.signal.aborted) throw of.signal.reason;
    if (!isOfAzure(error)) throw error;
    return startFailure(error, groups.location);
  }
  const silent = (reason: string) => of.phase(`waiting for Azure: ${reason}`);
  const following = { signal: of.signal, mostMs: limits.azureStartLookMs, silent };
  for await (const group of groupStates(groups, job.name, following)) {
    if (group === null)
      throw new Fault(
        'engine',
        `Somebody has deleted the container group ${job.name} before its job started`,
      );
    const failure = await failed(groups, group, operation, of.signal);
    if (failure !== null) return failure;
    if (hasStarted(group)) return null;
    of.phase(waitedFor(group, pullFails));
  }
  throw of.signal.reason;
}

/** What a group is waited for, in words; tells of its images. */
function waitedFor(group: ContainerGroup, pullFails: (text: string | null) => void): string {
  const { kind, text } = waitingReason(group);
  if (kind === 'pull') pullFails(text);
  else if (hasPulled(group)) pullFails(null);
  return text;
}

/** Why the group has failed before its job has started; null: it has not. */
async function failed(
  groups: ContainerGroups,
  group: ContainerGroup,
  operation: string | null,
  signal: AbortSignal,
): Promise<StartFailure | null> {
  const { kind } = stateOf(group);
  const hasRun = kind === 'running' || (kind === 'ended' && !isOver(group));
  if (hasRun || !isOver(group) || exitCodeOf(group) !== null) return null;
  const told = operation === null ? null : await operationFailure(groups, operation, signal);
  if (told !== null) return startFailure(told, groups.location);
  const waiting = waitingReason(group);
  if (waiting.kind === 'pull') return waiting;
  // Who was killed, or not answered, knows no operation.
  const mended = eventFailure(group, groups.location);
  if (mended !== null) return mended;
  const said = await saidByInit(groups, group.name, signal);
  return {
    kind: 'never',
    text: `the container group has ended before its job started: ${failureIn(group)}${said}`,
  };
}

/** The last line of the init container; empty if it has said nothing. */
async function saidByInit(groups: ContainerGroups, name: string, signal: AbortSignal): Promise<string> {
  const log = await groups.log(name, containers.install, limits.azureLogLines, signal).catch(() => '');
  const last = log.trim().split('\n').at(-1) ?? '';
  return last === '' ? '' : `: ${shorten(printable(last.replace(/^emissary: /, '')))}`;
}

function exitCodeOf(group: ContainerGroup): number | null {
  const state = stateOf(group);
  return state.kind === 'ended' ? state.exitCode : null;
}

/** A job that runs and whose reporter is gone has started, too: its results are lost. */
function hasStarted(group: ContainerGroup): boolean {
  const { kind } = stateOf(group);
  if (kind === 'ended') return true;
  return kind === 'running' && (isReachable(group) || isUnreachable(group));
}

/** An image may be pushed a little later, or its registry be restarted. */
class PullGrace {
  readonly #ms: number;
  #timer: Timer | null = null;

  constructor(ms: number) {
    this.#ms = ms;
  }

  begin(over: () => void): void {
    if (this.#ms === 0) over();
    else this.#timer ??= after(this.#ms, over);
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
