import { limits } from '../../base/limits.ts';
import { type Leftover, labels } from '../engine.ts';
import type { ContainerGroups } from './api/container-groups.ts';
import { isReachable, isStillborn, stateOf } from './group.ts';

/** The groups of an installation that are in the resource group. @throws as `ResourceManager.send` */
export async function leftGroups(
  groups: ContainerGroups,
  installation: string,
): Promise<readonly Leftover[]> {
  const signal = AbortSignal.timeout(limits.engineWorkMs);
  const own = (await groups.list(signal)).filter(({ tags }) => tags[labels.installation] === installation);
  const found: Leftover[] = [];
  for (const { name, tags } of own) {
    // The list does not tell the states of containers.
    const group = await groups.read(name, signal);
    if (group === null) continue;
    const { kind } = stateOf(group);
    // A reporter that runs holds results, which somebody may be taking.
    const mayRun = kind === 'running' || (kind === 'created' && !isStillborn(group));
    found.push({ name, key: tags[labels.job] ?? '', running: mayRun || isReachable(group) });
  }
  return found;
}
