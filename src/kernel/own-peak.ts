import { readFileSync } from 'node:fs';

/**
 * This process's peak memory since its exec, in bytes (VmHWM, proc(5)). Not from getrusage(2), which includes the
 * parent's memory from before the exec. Infinite where /proc is not mounted: the peak is unknown then.
 */
export function ownPeakBytes(): number {
  try {
    const found = /^VmHWM:\s*([0-9]+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'));
    return found === null ? Number.POSITIVE_INFINITY : Number(found[1]) * 1024;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
