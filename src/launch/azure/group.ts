import type { ContainerEnd, ContainerState } from '../engine.ts';
import { reasonOfManager } from './api/manager-error.ts';

/** The containers of a launched job's group. */
export const containers = { install: 'install', main: 'main', reporter: 'reporter' } as const;

/** A container group, as the API tells it. Empty texts and nulls are not known (yet). */
export interface ContainerGroup {
  readonly name: string;
  readonly location: string;
  /** `Pending`, `Creating`, `Succeeded`, `Failed`, … */
  readonly provisioningState: string;
  /** `Pending`, `Running`, `Succeeded`, `Failed` or `Stopped`. */
  readonly state: string;
  readonly events: readonly GroupEvent[];
  readonly containers: readonly GroupContainer[];
  readonly initContainers: readonly GroupContainer[];
}

/** What has happened to a container. */
export interface GroupEvent {
  readonly name: string;
  readonly message: string;
  /** `Normal` or `Warning`. */
  readonly type: string;
  /** RFC 3339. */
  readonly lastTimestamp: string;
}

/** One container of a group. */
export interface GroupContainer {
  readonly name: string;
  /** What it asks for; null: it is not told. */
  readonly memoryGb: number | null;
  readonly restartCount: number;
  /** `Waiting`, `Running` or `Terminated`. */
  readonly state: string;
  /** Null: it has not ended, or how is not known. */
  readonly exitCode: number | null;
  readonly detailStatus: string;
  readonly events: readonly GroupEvent[];
}

/** The end of a job whose group is not there any more. */
export const gone: ContainerEnd = {
  kind: 'ended',
  exitCode: null,
  reason: 'somebody has deleted its container group',
};

/** The state of a group's main container: what the job is, whatever the group's own state says. */
export function stateOf(group: ContainerGroup | null): ContainerState {
  if (group === null) return { kind: 'absent' };
  const main = containerOf(group, containers.main);
  // It may run a second time, on a volume that is empty again: nothing of that is the job's.
  if (main !== undefined && main.restartCount > 0)
    return { kind: 'ended', exitCode: null, reason: 'Azure has restarted its container group' };
  if (main?.state === 'Terminated')
    return { kind: 'ended', exitCode: main.exitCode, reason: endReason(group, main) };
  if (main?.state === 'Running') return { kind: 'running' };
  if (isOver(group)) return { kind: 'ended', exitCode: null, reason: failureIn(group) };
  return { kind: 'created', isRequested: true };
}

/** One container of a group, an init container too. */
function containerOf(group: ContainerGroup, name: string): GroupContainer | undefined {
  return [...group.containers, ...group.initContainers].find((each) => each.name === name);
}

/** Whether no container of the group will ever run again. */
export function isOver({ provisioningState, state }: ContainerGroup): boolean {
  return /^(Failed|Canceled|Deleting)$/.test(provisioningState) || /^(Succeeded|Failed|Stopped)$/.test(state);
}

/** Whether a program can be started in the reporter. */
export function isReachable(group: ContainerGroup): boolean {
  return containerOf(group, containers.reporter)?.state === 'Running';
}

/** Whether the volume will never be reachable again. */
export function isUnreachable(group: ContainerGroup | null): boolean {
  if (group === null) return true;
  const reporter = containerOf(group, containers.reporter);
  if (reporter?.state === 'Terminated' || (reporter?.restartCount ?? 0) > 0) return true;
  // A group whose provisioning has failed may have containers that run.
  return isOver(group) && (reporter?.state !== 'Running' || group.state === 'Stopped');
}

/**
 * Whether the job has certainly not started, and will not: its group has failed before, or nobody would hold its volume. What is
 * being deleted or was stopped may have run: Azure may not tell of its containers any more.
 */
export function isStillborn(group: ContainerGroup): boolean {
  const main = containerOf(group, containers.main);
  if (main !== undefined && (main.restartCount > 0 || !/^(Waiting)?$/.test(main.state))) return false;
  if (main?.events.some(({ name }) => name === 'Started')) return false;
  const reporter = containerOf(group, containers.reporter);
  return /^(Failed|Canceled)$/.test(group.provisioningState) || reporter?.state === 'Terminated';
}

/** What went wrong in a group, the newest last: clauses. */
export function warningsIn(group: ContainerGroup): readonly string[] {
  return allEvents(group)
    .filter(({ type, message }) => type === 'Warning' && message !== '')
    .map(({ name, message }) => reasonOfManager(`${name || 'Warning'}: ${message}`));
}

/** Why a group failed as a whole, as it tells itself. */
export function failureIn(group: ContainerGroup): string {
  const code = containerOf(group, containers.install)?.exitCode ?? 0;
  if (code !== 0) return `its container ${containers.install} has failed (${code})`;
  if (group.state === 'Stopped') return 'somebody has stopped its container group';
  return warningsIn(group).at(-1) ?? 'Azure does not tell why';
}

/** The events of a group and of its containers, the newest last. */
export function allEvents(group: ContainerGroup): readonly GroupEvent[] {
  return newestLast(eventLists(group).flat());
}

/** The events of a group, and those of each of its containers; in each list, the newest is the last one. */
export function eventLists(group: ContainerGroup): readonly (readonly GroupEvent[])[] {
  return [group, ...group.initContainers, ...group.containers].map(({ events }) => newestLast(events));
}

/** The service has an order of its own. */
function newestLast(events: readonly GroupEvent[]): readonly GroupEvent[] {
  return [...events].sort((a, b) => timeOf(a) - timeOf(b));
}

function timeOf({ lastTimestamp }: GroupEvent): number {
  return Date.parse(lastTimestamp) || 0;
}

function endReason(group: ContainerGroup, main: GroupContainer): string | null {
  if (main.detailStatus === 'OOMKilled')
    return `it was out of memory${main.memoryGb === null ? '' : ` (${main.memoryGb} GB)`}`;
  if (main.events.some(({ type, name }) => type === 'Warning' && name === 'Unhealthy'))
    return 'it has exceeded its maximum life';
  return group.state === 'Stopped' ? 'somebody has stopped its container group' : null;
}
