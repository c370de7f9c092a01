import { useMemo } from 'preact/hooks';
import { Curve } from './curve.tsx';
import type { LogLines } from './log-lines.ts';

/** Points of the curve. */
const points = 200;
/** Of a run shorter than this, in ms, there is nothing to see. */
const leastMs = 2_000;

/** How many lines a second the job has printed, over time. */
export function OutputRate({ name, log }: { readonly name: string; readonly log: LogLines }) {
  const rates = useMemo(() => ratesOf(log), [log]);
  if (rates === null) return null;
  const peak = Math.round(Math.max(...rates.values)).toLocaleString();
  const text = (value: number) => value.toLocaleString();
  return <Curve label={`Lines a second of ${name}, at most ${peak}`} {...rates} text={text} />;
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
