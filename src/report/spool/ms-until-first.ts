/**
 * Ms until the first of several times, by the monotonic clock (`performance.now()`): 1 at the least where it is over.
 * @param times null where there is none
 * @returns null where there is none
 */
export function msUntilFirst(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.max(1, Math.min(...known) - performance.now());
}
