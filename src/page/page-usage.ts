import { limits } from '../base/limits.ts';
import type { Volume } from '../contract/volume.ts';
import type { PageUsage } from './page-model.ts';

/** Reads what a container has used over time (`usage`, src/contract/README.md), with fewer points if there are many. */
export function readUsage(volume: Volume, name: string): readonly PageUsage[] {
  const found = volume.read(`ctr/${name}/usage`, limits.usageBytes);
  if (found.kind !== 'read') return [];
  const samples = found.bytes
    .toString('latin1')
    .split('\n')
    .flatMap((line) => {
      const [, time, cpu, memory] = /^(\d{1,15}) (\d{1,18}) (\d{1,18})$/.exec(line) ?? [];
      return time === undefined ? [] : [{ time: Number(time), cpu: Number(cpu), memory: Number(memory) }];
    });
  const step = Math.ceil(samples.length / limits.pageUsagePoints);
  const kept = samples.filter((_, index) => index % step === 0);
  return kept.slice(1).flatMap(({ time, cpu, memory }, index) => {
    const before = kept[index];
    if (before === undefined || time <= before.time) return [];
    const processors = Math.max(0, (cpu - before.cpu) / 1_000 / (time - before.time));
    return [{ time, processors, memoryBytes: memory }];
  });
}
