import { bind } from './libc.ts';

const bindIsatty = () => bind({ isatty: { arguments: ['i32'], return: 'i32' } });
let functions: ReturnType<typeof bindIsatty> | null = null;

/**
 * Whether a descriptor is a terminal (isatty(3)). Avoids `node:tty`, which would load all of `node:net` before the
 * job starts.
 */
export function isTerminal(file: number): boolean {
  functions ??= bindIsatty();
  return functions.isatty(file) === 1;
}
