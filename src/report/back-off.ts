import { limits } from '../base/limits.ts';

/**
 * The pause before the next attempt. It doubles with each failure, with jitter in its upper half, so that the clients of
 * a server do not all return at once. It is capped at a quarter of the remaining time, so that another attempt always
 * fits before the end.
 *
 * @param failures since something was delivered, 1 or more
 * @param leftMs until delivery is given up, or infinite
 * @returns ms
 */
export function backOffMs(failures: number, leftMs: number): number {
  const longest = Math.min(limits.retryMaxMs, limits.retryFirstMs * 2 ** (failures - 1));
  const pauseMs = longest * (0.5 + Math.random() / 2);
  return Math.min(pauseMs, Math.max(limits.retryMinMs, leftMs / 4));
}
