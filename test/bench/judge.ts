import type { Measured, Row } from './row.ts';
import { type Summary, summarize } from './statistics.ts';

/** A row's figures, compared with its target. */
export interface Judged {
  readonly name: string;
  readonly title: string;
  readonly unit: Row['unit'];
  readonly target: string;
  /** The value that the target speaks of, as it is shown. */
  readonly found: string;
  /** Null where there is no target, and where the figure is worthless. */
  readonly met: boolean | null;
  /** A busy machine has made it meaningless: a time by itself. What was measured in turn with it was disturbed alike. */
  readonly worthless: boolean;
  readonly ours: Summary;
  readonly others: readonly (Summary & { readonly name: string })[];
}

/**
 * Compares what a row measured with what it must be.
 * @param isBusy whether other programs had the machine's cores meanwhile
 */
export function judge(row: Row, measured: Measured, isBusy = false): Judged {
  const ours = summarize(measured.ours);
  const others = measured.others.map(({ name, samples }) => ({ name, ...summarize(samples) }));
  const worthless = isBusy && row.target.kind !== 'ratio' && ['ms', 'MB/s', 'lines/s'].includes(row.unit);
  const compared = compare(row, ours, others[0]);
  const met = worthless ? null : compared.met;
  return { name: row.name, title: row.title, unit: row.unit, ours, others, ...compared, met, worthless };
}

function compare(row: Row, ours: Summary, reference: (Summary & { readonly name: string }) | undefined) {
  const { target } = row;
  if (target.kind === 'none') return { target: '', found: '', met: null };
  if (target.kind === 'value') {
    const value = ours[target.of];
    return {
      target: `${target.of} ≤ ${target.atMost} ${row.unit}`,
      found: `${value.toFixed(1)} ${row.unit}`,
      met: value <= target.atMost,
    };
  }
  const ratio = ours.p50 / (reference?.p50 ?? Number.NaN);
  const [sign, bound, met] =
    'atMost' in target
      ? ['≤', target.atMost, ratio <= target.atMost]
      : ['≥', target.atLeast, ratio >= target.atLeast];
  return { target: `${sign} ${bound}× ${reference?.name ?? '?'}`, found: `${ratio.toFixed(2)}×`, met };
}
