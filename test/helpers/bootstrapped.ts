import { readFileSync } from 'node:fs';
import { until } from './until.ts';

/**
 * Waits until a process has blocked or caught a signal. On a busy machine even a program's first instruction can be
 * late: until then a signal kills it, or is lost if it is PID 1.
 */
export async function launched(pid: number): Promise<void> {
  await until('signals are blocked or caught', () =>
    /^Sig(Blk|Cgt):\t(?!0{16})/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')),
  );
}
