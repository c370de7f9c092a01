import { reasonOfManager } from './api/manager-error.ts';
import { allEvents, type ContainerGroup } from './group.ts';
import { pullText, type StartFailure } from './start-failure.ts';

/** What a group that does not run yet is waiting for. */
export function waitingReason(group: ContainerGroup): StartFailure {
  const events = allEvents(group);
  const failed = events.findLast(
    ({ type, name = '', message = '' }) =>
      type === 'Warning' && /pull/i.test(`${name} ${message}`) && message !== '',
  );
  if (failed !== undefined) return { kind: 'pull', text: pullText(reasonOfManager(failed.message ?? '')) };
  const last = events.findLast(({ message = '' }) => message !== '');
  const state = group.properties?.instanceView?.state ?? group.properties?.provisioningState ?? 'Pending';
  const said = last?.message === undefined ? '' : ` (${last.message.trim()})`;
  const text = reasonOfManager(`waiting for the container group: ${state.toLowerCase()}${said}`);
  return { kind: 'waits', text };
}
