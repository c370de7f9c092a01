import type { TestContext } from 'node:test';

const ends = new WeakMap<TestContext, (() => unknown)[]>();

/**
 * Does something when the test ends. What was asked for last is done first: a volume goes after the processes that
 * write to it. (`t.after` keeps the order in which it was called.)
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
