import { type Reply, refused } from './call.ts';
import type { WantedAmounts, WantedGroup } from './wanted.ts';

/** The service refuses groups of less than a processor and 1 GB, limits above their sum, and amounts between its steps. */
export function sizeRefusal({ properties }: WantedGroup): Reply | null {
  const all = properties.containers.flatMap(({ properties: { resources } }) => resources ?? []);
  const amounts = all.flatMap(({ requests, limits }) =>
    limits === undefined ? [requests] : [requests, limits],
  );
  const sum: WantedAmounts = {
    cpu: all.reduce((cpu, { requests }) => cpu + requests.cpu, 0),
    memoryInGB: all.reduce((memory, { requests }) => memory + requests.memoryInGB, 0),
  };
  const isBetween = amounts.some(({ cpu, memoryInGB }) => !isWhole(cpu * 100) || !isWhole(memoryInGB * 10));
  if (isBetween || sum.cpu < 0.999 || sum.memoryInGB < 0.999)
    return refused(400, 'InvalidResourceRequest', 'The resource request is invalid.');
  if (amounts.some(({ cpu, memoryInGB }) => cpu > sum.cpu + 0.001 || memoryInGB > sum.memoryInGB + 0.001))
    return refused(400, 'ContainerLimitGreaterThanContainerGroupTotalRequest', 'A limit is too large.');
  return null;
}

function isWhole(amount: number): boolean {
  return Math.abs(amount - Math.round(amount)) < 0.001;
}
