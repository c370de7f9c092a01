import { ManagerError, reasonOfManager, statusOf } from './api/manager-error.ts';
import { allEvents, type ContainerGroup } from './group.ts';

/** Why a group did not start. */
export interface StartFailure {
  /**
   * `never`: no time mends it. `pull`: an image does not come, which has a grace of its own. `waits`: another group may start
   * later.
   */
  readonly kind: 'never' | 'pull' | 'waits';
  /** A clause. */
  readonly text: string;
}

/** What a refusal of a group means, from its code and its message. @param region for the sentence */
export function startFailure(error: unknown, region: string): StartFailure {
  const code = error instanceof ManagerError ? error.code : '';
  const said = reasonOfManager(error);
  if (/QuotaReached|QuotaExceeded/i.test(code) || /quota .*exceeded/i.test(said))
    return overQuota(said, region);
  if (isLackOfCapacity(code, said))
    return { kind: 'waits', text: `there is no capacity in ${region} now: ${said}` };
  if (/InaccessibleImage|ImageNotFound|RegistryErrorResponse|ImagePull/i.test(code))
    return { kind: 'pull', text: pullText(said) };
  if (/Transitioning|Conflict|Retryable|AnotherOperation/i.test(code)) return { kind: 'waits', text: said };
  const advice = adviceFor(code);
  const isWaited = statusOf(error) === null || (statusOf(error) ?? 0) >= 500;
  return { kind: isWaited ? 'waits' : 'never', text: `${said}${code === '' ? '' : ` (${code})`}${advice}` };
}

/** What the newest warning of a group that has failed means; null: there is none, or it tells of nothing that time mends. */
export function eventFailure(group: ContainerGroup, region: string): StartFailure | null {
  const newest = allEvents(group).findLast(({ type }) => type === 'Warning');
  if (newest === undefined || newest.message === '') return null;
  const { name, message } = newest;
  const failure = startFailure(new ManagerError(200, name.replace(/\.$/, ''), message), region);
  return failure.kind === 'never' ? null : failure;
}

/** What an event about an image says. */
export function pullText(said: string): string {
  const image = /image ["']([^"']+)["']/i.exec(said)?.[1];
  if (image === undefined) return `an image cannot be pulled: ${said}`;
  return `the image ${image} is not there, or needs a login: ${said}`;
}

/** `StandardCores`, the limit, what is used, what was asked for. A request that can never fit is not waited for. */
function overQuota(said: string, region: string): StartFailure {
  const number = (name: string) => new RegExp(`${name}:?\\s*'?(\\d+(?:\\.\\d+)?)`, 'i').exec(said)?.[1];
  const [limit, usage, requested] = [number('Limit'), number('Usage'), number('Requested')];
  if (limit === undefined || requested === undefined) return { kind: 'waits', text: said };
  const resource = /quota '([^']+)'/i.exec(said)?.[1] ?? 'container groups';
  const text =
    `the quota of ${resource} in ${region} is used up: limit ${limit}, used ${usage ?? 'unknown'}, ` +
    `requested ${requested}`;
  return { kind: Number(requested) > Number(limit) ? 'never' : 'waits', text };
}

function isLackOfCapacity(code: string, said: string): boolean {
  return (
    /^(ServiceUnavailable|CapacityNotAvailable|InsufficientCapacity|AllocationFailed)$/i.test(code) ||
    /not available in the location .* at this moment|no capacity/i.test(said)
  );
}

function adviceFor(code: string): string {
  if (code === 'ResourceGroupNotFound') return '; create it, or choose one with --resource-group';
  if (code === 'SubscriptionNotFound') return '; choose one with --subscription';
  if (code === 'AuthorizationFailed') return '; doctor --engine azure tells which rights are needed';
  if (code === 'MissingSubscriptionRegistration')
    return '; run az provider register --namespace Microsoft.ContainerInstance';
  return '';
}
