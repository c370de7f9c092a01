import { limits } from '../base/limits.ts';

/**
 * The pause before the next try: it doubles with each failure, and is anywhere in its upper half, so that not all who
 * wait for a server come back to it at once. It is no more than a quarter of the time that is left, of which none is
 * given up untried.
 *
 * @param failures since something was delivered, 1 or more
 * @param leftMs until nothing is tried any more, or infinite
 * @returns ms
 */
export function backOffMs(failures: number, leftMs: number): number {
  const longest = Math.min(limits.retryLastMs, limits.retryFirstMs * 2 ** (failures - 1));
  const pauseMs = longest * (0.5 + Math.random() / 2);
  return Math.min(pauseMs, Math.max(limits.retryLeastMs, leftMs / 4));
}
