/**
 * Ms until the first of several times, by the monotonic clock (`performance.now()`): at least 1, even if it has passed.
 * @param times null entries are ignored
 * @returns null if there is no time
 */
export function msUntilFirst(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.max(1, Math.min(...known) - performance.now());
}
