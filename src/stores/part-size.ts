import { limits } from '../base/limits.ts';
import type { PartLimits } from './object-store.ts';

const step = 2 ** 20;

/** Bytes of each part but the last, so that the store takes all of them. @param bytes of the object */
export function partBytesFor(bytes: number, { minBytes, maxBytes, most }: PartLimits): number {
  const least = Math.ceil(bytes / most / step) * step;
  return Math.min(maxBytes, Math.max(limits.storePartBytes, minBytes, least));
}
