import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';

/** Why a pod has not started yet. */
export interface Waiting {
  /** A clause for people. */
  readonly text: string;
  /** `never`: it will not start by itself; `pull`: images may come for a while; `waits`: until the launch gives up. */
  readonly kind: 'never' | 'pull' | 'waits';
}

/** Reasons of a waiting container that no time mends. */
const final = new Set(['InvalidImageName', 'ErrImageNeverPull', 'RunContainerError', 'CreateContainerError']);
const pulling = new Set(['ErrImagePull', 'ImagePullBackOff', 'RegistryUnavailable', 'ImageInspectError']);
const ordinary = new Set(['ContainerCreating', 'PodInitializing', '']);

/** What keeps a pod from its start, from its own status. */
export function waitingReason(pod: V1Pod): Waiting {
  const { conditions = [], initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const scheduled = conditions.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False')
    return {
      kind: 'waits',
      text: `waiting for a node: ${scheduled.message ?? scheduled.reason ?? 'none fits'}`,
    };
  for (const each of [...initContainerStatuses, ...containerStatuses]) {
    const found = ofContainer(pod, each);
    if (found !== null) return found;
  }
  if (scheduled === undefined) return { kind: 'waits', text: 'waiting for the scheduler' };
  return { kind: 'waits', text: 'starting the containers' };
}

function ofContainer(pod: V1Pod, { name, image, state }: V1ContainerStatus): Waiting | null {
  const { waiting } = state ?? {};
  const reason = waiting?.reason ?? '';
  if (waiting === undefined || ordinary.has(reason)) return null;
  const wanted = imageOf(pod, name) ?? image;
  const message = waiting.message === undefined ? '' : `: ${waiting.message}`;
  if (reason === 'ErrImageNeverPull')
    return { kind: 'never', text: `the image ${wanted} is not there, and --pull never forbids to pull it` };
  const text = /image/i.test(reason)
    ? `the image ${wanted} of the container ${name} could not be pulled (${reason})${message}`
    : `the container ${name} cannot start (${reason})${message}`;
  return { kind: final.has(reason) ? 'never' : pulling.has(reason) ? 'pull' : 'waits', text };
}

function imageOf({ spec }: V1Pod, name: string): string | undefined {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].find((each) => each.name === name)
    ?.image;
}
