import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { LogLines } from './log-lines.ts';

/** Points of the curve. */
const points = 200;
/** Of a run shorter than this, in ms, there is nothing to see. */
const leastMs = 2_000;

/** How many lines a second the job has printed, over time. */
export function OutputRate({ name, log }: { readonly name: string; readonly log: LogLines }) {
  const place = useRef<HTMLDivElement>(null);
  const rates = ratesOf(log);
  useEffect(() => {
    if (place.current === null || rates === null) return undefined;
    const width = place.current.clientWidth;
    const colour = getComputedStyle(place.current).color;
    const axis = { stroke: colour, grid: { stroke: '#8884' }, ticks: { stroke: '#8884' } };
    const chart = new uPlot(
      {
        width,
        height: 140,
        legend: { show: false },
        axes: [axis, axis],
        series: [{}, { label: 'lines a second', stroke: '#2a7', fill: '#2a73' }],
      },
      [rates.times, rates.values],
      place.current,
    );
    return () => chart.destroy();
  }, [log]);
  if (rates === null) return null;
  const peak = Math.round(Math.max(...rates.values)).toLocaleString();
  return (
    <figure>
      <figcaption>Lines a second, at most {peak}</figcaption>
      <div ref={place} role="img" aria-label={`Output rate of ${name}: at most ${peak} lines a second`} />
    </figure>
  );
}

function ratesOf(log: LogLines): { readonly times: number[]; readonly values: number[] } | null {
  let [from, until] = [Number.POSITIVE_INFINITY, 0];
  for (let line = 0; line < log.count; line += 1) {
    const time = log.timeOf(line);
    if (time === 0) continue;
    from = Math.min(from, time);
    until = Math.max(until, time);
  }
  if (until - from < leastMs) return null;
  const step = (until - from) / points;
  const values = new Array<number>(points + 1).fill(0);
  for (let line = 0; line < log.count; line += 1) {
    const time = log.timeOf(line);
    if (time === 0) continue;
    const at = Math.floor((time - from) / step);
    values[at] = (values[at] ?? 0) + 1_000 / step;
  }
  return { times: values.map((_, index) => (from + index * step) / 1_000), values };
}
