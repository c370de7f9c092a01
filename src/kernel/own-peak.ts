import { readFileSync } from 'node:fs';

/**
 * The most memory that this process has had since its exec, in bytes (VmHWM, proc(5)). Not getrusage(2), which counts
 * what its own starter had. Where /proc is not mounted it is everything: nothing is known then.
 */
export function ownPeakBytes(): number {
  try {
    const found = /^VmHWM:\s*([0-9]+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'));
    return found === null ? Number.POSITIVE_INFINITY : Number(found[1]) * 1024;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
