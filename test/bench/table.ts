import type { Judged } from './judge.ts';
import type { Summary } from './statistics.ts';

const head = ['figure', 'p50', 'p5 – p95', 'p99', 'runs', 'found', 'target', ''];

/** The table as text: one line a figure, and below it one line for each thing that it was compared with. */
export function table(rows: readonly Judged[]): string {
  const lines = [head, ...rows.flatMap(linesOf)];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line.map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      ),
    )
    .map((line) => line.join('  ').trimEnd())
    .join('\n');
}

function linesOf({
  title,
  unit,
  ours,
  others,
  found,
  target,
  met,
  worthless,
}: Judged): readonly (readonly string[])[] {
  const verdict = worthless ? 'worthless: the machine is busy' : met === null ? '' : met ? 'met' : 'MISSED';
  return [
    [title, ...figures(ours, unit), found, target, verdict],
    ...others.map((other) => [`  ${other.name}`, ...figures(other, unit), '', '', '']),
  ];
}

function figures(summary: Summary, unit: string): readonly string[] {
  return [
    `${show(summary.p50)} ${unit}`,
    `${show(summary.p5)} – ${show(summary.p95)}`,
    show(summary.p99),
    String(summary.count),
  ];
}

function show(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value >= 100 ? value.toFixed(1) : value.toFixed(2);
}
