import { bind } from './libc.ts';

/**
 * Ends the process at once (_exit(2)). Everything must be written: nothing is flushed, no handler runs, and a thread
 * that is blocked on a stalled reader is not waited for, as Node's own exit would.
 */
export function exitNow(status: number): never {
  bind({ _exit: { arguments: ['i32'], return: 'void' } })._exit(status);
  throw new Error('unreachable');
}
