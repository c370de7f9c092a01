import { bind } from './libc.ts';

/**
 * Exits at once (_exit(2)). Everything must be written: nothing is flushed, no handler runs, and, unlike Node's own
 * exit, it does not wait for a thread that is blocked on a stalled reader.
 */
export function exitNow(status: number): never {
  bind({ _exit: { arguments: ['i32'], return: 'void' } })._exit(status);
  throw new Error('unreachable');
}
