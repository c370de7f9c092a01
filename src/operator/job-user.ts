import { Fault } from '../base/fault.ts';
import type { PodJob } from '../pod/pod-job.ts';
import type { JobSpec } from './job-resource.ts';

/** The same unprivileged user as in the emissary's image: what the job writes, the reporter can read. */
const defaultUser = 65_532;
/** Kubernetes' own bound. */
const highestId = 2 ** 31 - 1;

/** The user of `spec.user` and `spec.allowRoot`. @throws Fault `usage` */
export function jobUser({ user, allowRoot = false }: JobSpec): Pick<PodJob, 'user' | 'group' | 'allowRoot'> {
  if (user === 'image' || (user === undefined && allowRoot)) return { user: null, group: null, allowRoot };
  const [id = defaultUser, group = null] = (user ?? String(defaultUser)).split(':').map(Number);
  for (const each of [id, group ?? 0])
    if (!Number.isSafeInteger(each) || each > highestId)
      throw new Fault('usage', `spec.user: IDs above ${highestId} are none`);
  if (id === 0 && !allowRoot)
    throw new Fault('usage', 'spec.user: a job that is root needs spec.allowRoot: true');
  return { user: id, group, allowRoot };
}
