import { closeSync, openSync } from 'node:fs';
import { bind } from './libc.ts';

/** RLIMIT_NOFILE. */
const openFiles = 7;
/** struct rlimit: the soft limit, then the hard one. */
const structBytes = 16;
const hardAt = 8;

/**
 * Raises this process's limit of open files to the maximum (setrlimit(2)). The runtime would do this at its start,
 * but the job must inherit the limit that the emissary was given (`build/runtime/keep-descriptors.ts`).
 */
export function openManyFiles(): void {
  const libc = bind({
    getrlimit: { arguments: ['i32', 'buffer'], return: 'i32' },
    setrlimit: { arguments: ['i32', 'buffer'], return: 'i32' },
  });
  const limit = Buffer.alloc(structBytes);
  if (libc.getrlimit(openFiles, limit) !== 0) return;
  limit.copy(limit, 0, hardAt);
  libc.setrlimit(openFiles, limit);
}

/** Whether this process can open this many more files. */
export function canOpen(count: number): boolean {
  const opened: number[] = [];
  try {
    while (opened.length < count) opened.push(openSync('/dev/null', 'r'));
    return true;
  } catch {
    return false;
  } finally {
    for (const file of opened) closeSync(file);
  }
}
