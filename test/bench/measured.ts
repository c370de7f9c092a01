import type { Measured } from './row.ts';

/** What `alternate` has taken of `ours` and of others. */
export function measuredOf(samples: ReadonlyMap<string, readonly number[]>): Measured {
  const others = [...samples].filter(([name]) => name !== 'ours');
  return {
    ours: samples.get('ours') ?? [],
    others: others.map(([name, taken]) => ({ name, samples: taken })),
  };
}
