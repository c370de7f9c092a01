import { limits } from '../base/limits.ts';
import type { Volume } from '../contract/volume.ts';

/** The last `N/M` that the job wrote to `progress`, or null. */
export function readProgress(volume: Volume): string | null {
  const look = volume.read('progress', limits.progressBytes);
  if (look.kind !== 'read') return null;
  const last = look.bytes.toString('latin1').trimEnd().split('\n').at(-1)?.trim() ?? '';
  return /^[0-9]{1,15}\/[0-9]{1,15}$/.test(last) ? last : null;
}
