import { reasonOfManager } from './api/manager-error.ts';
import { allEvents, type ContainerGroup, eventLists, type GroupEvent } from './group.ts';
import { pullText, type StartFailure } from './start-failure.ts';

/** What a group that does not run yet is waiting for. */
export function waitingReason(group: ContainerGroup): StartFailure {
  const failed = eventLists(group)
    .map((own) => own.findLast((each) => isPulled(each) || isFailedPull(each)))
    .findLast((each) => each !== undefined && !isPulled(each));
  if (failed !== undefined) return { kind: 'pull', text: pullText(reasonOfManager(failed.message)) };
  const last = allEvents(group).findLast(({ message }) => message !== '');
  const state = group.state || group.provisioningState || 'Pending';
  const said = last === undefined ? '' : ` (${last.message.trim()})`;
  const text = reasonOfManager(`waiting for the container group: ${state.toLowerCase()}${said}`);
  return { kind: 'waits', text };
}

/** Whether an image of the group has come. */
export function hasPulled(group: ContainerGroup): boolean {
  return allEvents(group).some(isPulled);
}

function isPulled({ name, message }: GroupEvent): boolean {
  return name === 'Pulled' || /^(?:Pulled: )?successfully pulled/i.test(message);
}

function isFailedPull({ type, name, message }: GroupEvent): boolean {
  return type === 'Warning' && message !== '' && /pull/i.test(`${name} ${message}`);
}
