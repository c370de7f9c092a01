import type { ContainerEnd, ContainerState } from '../engine.ts';
import { reasonOfManager } from './api/manager-error.ts';

/** The containers of a launched job's group. */
export const containers = { install: 'install', main: 'main', reporter: 'reporter' } as const;

/** A container group, as the API tells it. Whatever is missing is not known yet. */
export interface ContainerGroup {
  readonly name?: string;
  readonly location?: string;
  readonly tags?: Readonly<Record<string, string>> | null;
  readonly properties?: {
    readonly provisioningState?: string;
    readonly instanceView?: {
      readonly state?: string;
      readonly events?: readonly GroupEvent[] | null;
    } | null;
    readonly containers?: readonly GroupContainer[] | null;
    readonly initContainers?: readonly GroupContainer[] | null;
  };
}

/** What has happened to a container. */
export interface GroupEvent {
  readonly name?: string;
  readonly message?: string;
  /** `Normal` or `Warning`. */
  readonly type?: string;
  /** RFC 3339. */
  readonly lastTimestamp?: string;
}

/** One container of a group. */
export interface GroupContainer {
  readonly name: string;
  readonly properties?: {
    readonly image?: string;
    readonly resources?: { readonly requests?: { readonly memoryInGB?: number } };
    readonly instanceView?: {
      readonly restartCount?: number;
      readonly currentState?: {
        /** `Waiting`, `Running` or `Terminated`. */
        readonly state?: string;
        readonly exitCode?: number;
        readonly detailStatus?: string;
      } | null;
      readonly events?: readonly GroupEvent[] | null;
    } | null;
  };
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
  const { restartCount = 0, currentState } = main?.properties?.instanceView ?? {};
  // It may run a second time, on a volume that is empty again: nothing of that is the job's.
  if (restartCount > 0)
    return { kind: 'ended', exitCode: null, reason: 'Azure has restarted its container group' };
  if (currentState?.state === 'Terminated')
    return { kind: 'ended', exitCode: currentState.exitCode ?? null, reason: endReason(group, main) };
  if (currentState?.state === 'Running') return { kind: 'running' };
  if (isOver(group)) return { kind: 'ended', exitCode: null, reason: failureIn(group) };
  return { kind: 'created', isRequested: true };
}

/** One container of a group, an init container too. */
function containerOf({ properties }: ContainerGroup, name: string): GroupContainer | undefined {
  const all = [...(properties?.containers ?? []), ...(properties?.initContainers ?? [])];
  return all.find((each) => each.name === name);
}

/** Whether no container of the group will ever run again. */
export function isOver({ properties }: ContainerGroup): boolean {
  const { provisioningState = '', instanceView } = properties ?? {};
  return (
    /^(Failed|Canceled|Deleting)$/.test(provisioningState) ||
    /^(Succeeded|Failed|Stopped)$/.test(instanceView?.state ?? '')
  );
}

/** Whether a program can be started in the reporter. */
export function isReachable(group: ContainerGroup): boolean {
  return stateOfContainer(group, containers.reporter) === 'Running';
}

/** Whether the volume will never be reachable again. */
export function isUnreachable(group: ContainerGroup | null): boolean {
  if (group === null) return true;
  const { restartCount = 0, currentState } =
    containerOf(group, containers.reporter)?.properties?.instanceView ?? {};
  if (currentState?.state === 'Terminated' || restartCount > 0) return true;
  // A group whose provisioning has failed may have containers that run.
  const isStopped = group.properties?.instanceView?.state === 'Stopped';
  return isOver(group) && (currentState?.state !== 'Running' || isStopped);
}

/** What went wrong in a group, the newest last: clauses. */
export function warningsIn(group: ContainerGroup): readonly string[] {
  return allEvents(group)
    .filter(({ type, message = '' }) => type === 'Warning' && message !== '')
    .map(({ name = 'Warning', message = '' }) => reasonOfManager(`${name}: ${message}`));
}

/** Why a group failed as a whole, as it tells itself. */
export function failureIn(group: ContainerGroup): string {
  const install = containerOf(group, containers.install)?.properties?.instanceView?.currentState;
  const code = install?.exitCode ?? 0;
  if (code !== 0) return `its container ${containers.install} has failed (${code})`;
  if (group.properties?.instanceView?.state === 'Stopped') return 'somebody has stopped its container group';
  return warningsIn(group).at(-1) ?? 'Azure does not tell why';
}

/** The events of a group and of its containers, the newest last. */
export function allEvents(group: ContainerGroup): readonly GroupEvent[] {
  return newestLast(eventLists(group).flat());
}

/** The events of a group, and those of each of its containers; in each list, the newest is the last one. */
export function eventLists({ properties }: ContainerGroup): readonly (readonly GroupEvent[])[] {
  const inside = [...(properties?.initContainers ?? []), ...(properties?.containers ?? [])];
  const views = [properties?.instanceView, ...inside.map((each) => each.properties?.instanceView)];
  return views.map((view) => newestLast(view?.events ?? []));
}

/** The service has an order of its own. */
function newestLast(events: readonly GroupEvent[]): readonly GroupEvent[] {
  return [...events].sort((a, b) => timeOf(a) - timeOf(b));
}

function timeOf({ lastTimestamp = '' }: GroupEvent): number {
  return Date.parse(lastTimestamp) || 0;
}

function stateOfContainer(group: ContainerGroup, name: string): string | undefined {
  return containerOf(group, name)?.properties?.instanceView?.currentState?.state;
}

function endReason(group: ContainerGroup, main: GroupContainer | undefined): string | null {
  const { detailStatus = '' } = main?.properties?.instanceView?.currentState ?? {};
  if (detailStatus === 'OOMKilled') {
    const limit = main?.properties?.resources?.requests?.memoryInGB;
    return `it was out of memory${limit === undefined ? '' : ` (${limit} GB)`}`;
  }
  const events = main?.properties?.instanceView?.events ?? [];
  if (events.some(({ type, name }) => type === 'Warning' && name === 'Unhealthy'))
    return 'it has exceeded its maximum life';
  return group.properties?.instanceView?.state === 'Stopped'
    ? 'somebody has stopped its container group'
    : null;
}
