import { bind } from './libc.ts';

const setDumpable = 4;

const bindPrctl = () => bind({ prctl: { arguments: ['i32', 'u64', 'u64', 'u64', 'u64'], return: 'i32' } });

/**
 * Hides this process's environment and memory, which contain the database password, from other processes of the same
 * user (prctl(2), PR_SET_DUMPABLE; ptrace(2)): containers of a pod may share a process namespace. Its own
 * `/proc/self/fd` stays accessible; `/proc/self/environ` does not, except for root.
 */
export function hideFromOthers(): void {
  bindPrctl().prctl(setDumpable, 0n, 0n, 0n, 0n);
}
