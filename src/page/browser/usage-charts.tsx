import { useMemo } from 'preact/hooks';
import type { PageContainer } from '../page-model.ts';
import { Curve } from './curve.tsx';
import { bytesText } from './texts.ts';

/** Processors and memory of a container, over time. */
export function UsageCharts({ name, usage }: Pick<PageContainer, 'name' | 'usage'>) {
  const curves = useMemo(
    () => ({
      times: usage.map(({ time }) => time / 1_000),
      processors: usage.map(({ processors }) => processors),
      memory: usage.map(({ memoryBytes }) => memoryBytes),
    }),
    [usage],
  );
  if (usage.length < 2) return null;
  const { times, processors, memory } = curves;
  const count = (value: number) => value.toFixed(2);
  return (
    <>
      <Curve
        label={`Processors of ${name}, at most ${count(Math.max(...processors))}`}
        times={times}
        values={processors}
        text={count}
      />
      <Curve
        label={`Memory of ${name}, at most ${bytesText(Math.max(...memory))}`}
        times={times}
        values={memory}
        text={bytesText}
      />
    </>
  );
}
