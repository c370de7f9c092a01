import type { Peer } from './peer.ts';

/** One figure of the table: a file in rows/ exports `rows`, a list of these. */
export interface Row {
  /** Short, for `--only`. */
  readonly name: string;
  /** The figure in words. */
  readonly title: string;
  readonly unit: 'ms' | 'MB/s' | 'lines/s' | 'MiB' | 'bytes' | 'requests' | 'connections';
  readonly target: Target;
  measure(bench: Bench): Promise<Measured>;
}

/**
 * What the figure must be: its own value, or its ratio to the reference measured in the same run. `of` says which
 * value of the samples counts; a ratio compares medians.
 */
export type Target =
  | { readonly kind: 'ratio'; readonly atMost: number }
  | { readonly kind: 'ratio'; readonly atLeast: number }
  | { readonly kind: 'value'; readonly of: 'p50' | 'p99' | 'max'; readonly atMost: number }
  | { readonly kind: 'none' };

/** The samples of a row, in its unit. */
export interface Measured {
  readonly ours: readonly number[];
  /** The first is what a ratio is taken to; the others are shown. */
  readonly others: readonly { readonly name: string; readonly samples: readonly number[] }[];
}

/** What a row has at hand. */
export interface Bench {
  /** The built program. */
  readonly program: string;
  /** Other wrappers: those on PATH that are known, and those of `--peer`. */
  readonly peers: readonly Peer[];
  /** An empty program on the same runtime, built the same way. */
  emptyProgram(): Promise<string>;
  /** A fresh directory, in memory where there is room; all of them go at the end. */
  directory(): string;
  /** `--scale 0.1` makes a tenth of the runs: at least 3. */
  times(full: number): number;
  /** The scale itself, for what is large rather than often. */
  readonly scale: number;
}
