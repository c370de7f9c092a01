import { closeSync } from 'node:fs';
import { openHeldFifo } from '../../src/kernel/lock.ts';
import { until } from '../helpers/until.ts';

/** Does something while no other process does it. The kernel releases the lock of a process that dies. */
export async function withLock<T>(
  lock: string,
  what: string,
  withinMs: number,
  act: () => Promise<T>,
): Promise<T> {
  const held = await until(
    what,
    () => {
      const opened = openHeldFifo(lock);
      return opened !== 'taken' && { opened };
    },
    withinMs,
  );
  if (typeof held.opened !== 'number') throw new Error(`Cannot lock ${lock}: errno ${held.opened.errno}`);
  try {
    return await act();
  } finally {
    closeSync(held.opened);
  }
}
