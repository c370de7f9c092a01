import { type Leftover, labels } from '../engine.ts';
import type { ContainerGroups } from './api/container-groups.ts';
import { stateOf } from './group.ts';

/** The groups of an installation that are in the resource group. @throws as `ResourceManager.send` */
export async function leftGroups(
  groups: ContainerGroups,
  installation: string,
): Promise<readonly Leftover[]> {
  const { signal } = new AbortController();
  const own = (await groups.list(signal)).filter(({ tags }) => tags?.[labels.installation] === installation);
  const found: Leftover[] = [];
  for (const { name = '', tags } of own) {
    // The list does not tell the states of containers.
    const state = stateOf(await groups.read(name, signal));
    if (state.kind === 'absent') continue;
    const running = state.kind === 'running' || state.kind === 'created';
    found.push({ name, key: tags?.[labels.job] ?? '', running });
  }
  return found;
}
