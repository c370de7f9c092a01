import { setTimeout as pause } from 'node:timers/promises';

const defaultBoundMs = 120_000;
const firstPauseMs = 2;
const longestPauseMs = 50;

/**
 * Waits for a condition, and returns its result. A condition that throws counts as not met yet, so that it can simply
 * read a file that does not exist yet.
 *
 * @param what the condition in words, for the failure message
 * @param withinMs a bound that only a hang reaches, never a speed to be tested
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  withinMs = defaultBoundMs,
): Promise<Exclude<T, false | null | undefined>> {
  const end = performance.now() + withinMs;
  let last: unknown = 'it was false';
  for (let waitMs = firstPauseMs; ; waitMs = Math.min(waitMs * 2, longestPauseMs)) {
    try {
      const found = await condition();
      if (isMet(found)) return found;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`Waited ${withinMs} ms in vain: ${what}`, { cause: last });
    await pause(waitMs);
  }
}

function isMet<T>(found: T): found is Exclude<T, false | null | undefined> {
  return found !== false && found !== null && found !== undefined;
}
