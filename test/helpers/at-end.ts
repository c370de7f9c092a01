import type { TestContext } from 'node:test';

const ends = new WeakMap<TestContext, (() => unknown)[]>();

/**
 * Runs a clean-up when the test ends. The last one runs first: a volume is removed after the processes that write to it
 * have exited. (`t.after` runs them in the order of their registration.)
 */
export function atEnd(t: TestContext, act: () => unknown): void {
  const known = ends.get(t);
  if (known !== undefined) {
    known.push(act);
    return;
  }
  const acts = [act];
  ends.set(t, acts);
  t.after(() => undo(acts));
}

async function undo(acts: (() => unknown)[]): Promise<void> {
  const act = acts.pop();
  if (act === undefined) return;
  try {
    await act();
  } finally {
    await undo(acts);
  }
}
