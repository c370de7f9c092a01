import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';

/** One curve over time. */
export function Curve(props: {
  /** What it shows, and its most in words: for who cannot see it. */
  readonly label: string;
  /** Seconds since 1970. */
  readonly times: readonly number[];
  readonly values: readonly number[];
  readonly text: (value: number) => string;
}) {
  const { label, times, values, text } = props;
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (place.current === null) return undefined;
    const stroke = getComputedStyle(place.current).color;
    const axis = { stroke, grid: { stroke: '#8884' }, ticks: { stroke: '#8884' } };
    const valueAxis = { ...axis, size: 80, values: (_: uPlot, splits: number[]) => splits.map(text) };
    const chart = new uPlot(
      {
        width: place.current.clientWidth,
        height: 140,
        legend: { show: false },
        axes: [axis, valueAxis],
        scales: { y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] } },
        series: [{}, { stroke: '#2a8f6a', fill: '#2a8f6a44' }],
      },
      [[...times], [...values]],
      place.current,
    );
    return () => chart.destroy();
  }, [times, values]);
  return (
    <figure>
      <figcaption>{label}</figcaption>
      <div ref={place} role="img" aria-label={label} />
    </figure>
  );
}
