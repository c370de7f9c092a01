import { randomInt } from 'node:crypto';
import type { TestContext } from 'node:test';

/** A repeatable source of random numbers. */
export interface Chance {
  /** For other generators, like fast-check's `{ seed }`. */
  readonly seed: number;
  /** A number in [0, 1). */
  next(): number;
  /** An integer from `low` to `high`, both included. */
  whole(low: number, high: number): number;
  /** One of these. */
  pick<T>(choices: readonly [T, ...T[]]): T;
  bytes(length: number): Buffer;
}

/** Random numbers from a seed that the test's report shows; SEED=n in the environment repeats a run. */
export function seeded(t: TestContext): Chance {
  const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
  t.diagnostic(`SEED=${seed}`);
  const next = mulberry32(seed);
  const whole = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  return {
    seed,
    next,
    whole,
    pick: ([first, ...rest]) => rest[whole(0, rest.length) - 1] ?? first,
    bytes: (length) => Buffer.from(Uint8Array.from({ length }, () => whole(0, 255))),
  };
}

/** Tommy Ettinger's mulberry32: 32 bits of state, good enough to choose test cases. */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
