import { bind } from './libc.ts';

const setDumpable = 4;

const bindPrctl = () => bind({ prctl: { arguments: ['i32', 'u64', 'u64', 'u64', 'u64'], return: 'i32' } });

/**
 * Hides this process's environment and memory, which hold the database's password, from other processes of the same
 * user (prctl(2), PR_SET_DUMPABLE; ptrace(2)): containers of a pod may share their processes. Its own
 * `/proc/self/fd` stays usable; `/proc/self/environ` does not, for any user but root.
 */
export function hideFromOthers(): void {
  bindPrctl().prctl(setDumpable, 0n, 0n, 0n, 0n);
}
