import { constants } from 'node:fs';
import { umask } from 'node:process';
import { errnoName, errnoText } from '../base/errno-text.ts';
import { bind, errno } from './libc.ts';

/** O_PATH (open(2), asm-generic): a location in the tree, not a file to read. Node does not define it. */
export const pathOnly = 0o10000000;
/** Node does not define O_CLOEXEC either; both of our target architectures have this value. */
const closeOnExec = 0o2000000;

/** ENOENT, EEXIST, EINVAL (errno(3)). */
const noEntry = 2;
const exists = 17;
const invalid = 22;

let calls: ReturnType<typeof bindCalls> | null = null;

/**
 * Opens a path below a directory without following a symbolic link in any part of it, and without blocking on a FIFO
 * or a device (openat(2) with O_NOFOLLOW and O_NONBLOCK, one component at a time).
 *
 * @param directory a descriptor of the directory
 * @param path relative; `..` is rejected
 * @param flags of open(2), as in `fs.constants`
 * @param mode of a file that is created
 * @returns a descriptor, which the caller closes
 * @throws an error with the errno's name in `code`; ELOOP or ENOTDIR if a component is a link
 */
export function openBeneath(directory: number, path: string, flags: number, mode = 0): number {
  const parts = partsOf(path);
  const last = parts.pop() ?? '.';
  return within(directory, parts, (parent) => openAt(parent, last, flags | constants.O_NONBLOCK, mode, path));
}

/** Renames an entry within one directory and replaces what is there (renameat(2)). @param directory a descriptor */
export function renameWithin(directory: number, from: string, to: string): void {
  renameAcross(directory, from, directory, to);
}

/** Moves an entry from one directory to another, both given as descriptors (renameat(2)). */
export function renameAcross(from: number, name: string, to: number, newName: string): void {
  calls ??= bindCalls();
  check(calls.renameat(from, cString(name), to, cString(newName)), 'rename', newName);
}

/** Removes an entry that is not a directory (unlinkat(2)); no error if it does not exist. */
export function removeWithin(directory: number, name: string): void {
  calls ??= bindCalls();
  if (calls.unlinkat(directory, cString(name), 0) === -1 && errno() !== noEntry) fail('unlink', name);
}

/** Makes a directory with this mode, whatever the umask (mkdirat(2)); no error if it exists. @param directory a descriptor */
export function makeDirectoryWithin(directory: number, name: string, mode: number): void {
  calls ??= bindCalls();
  // Not made first and opened to others later: they may look at any moment.
  const before = umask(0);
  const failed = calls.mkdirat(directory, cString(name), mode) === -1 && errno() !== exists;
  umask(before);
  if (failed) fail('mkdir', name);
}

function within<T>(directory: number, parts: readonly string[], use: (parent: number) => T): T {
  const [first, ...rest] = parts;
  if (first === undefined) return use(directory);
  const next = openAt(directory, first, pathOnly | constants.O_DIRECTORY, 0, first);
  try {
    return within(next, rest, use);
  } finally {
    closeDescriptor(next);
  }
}

function openAt(directory: number, name: string, flags: number, mode: number, path: string): number {
  calls ??= bindCalls();
  return check(
    calls.openat(directory, cString(name), flags | constants.O_NOFOLLOW | closeOnExec, mode),
    'open',
    path,
  );
}

function closeDescriptor(descriptor: number): void {
  calls ??= bindCalls();
  calls.close(descriptor);
}

function partsOf(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || path.includes('\0')) throw systemError(invalid, 'open', path);
  return parts;
}

function check(result: number, call: string, path: string): number {
  if (result === -1) fail(call, path);
  return result;
}

function fail(call: string, path: string): never {
  throw systemError(errno(), call, path);
}

/** In the format of Node's own errors: `ENOENT: no such file or directory, open 'a/b'`. */
function systemError(number: number, call: string, path: string): Error {
  const code = errnoName(number);
  return Object.assign(new Error(`${errnoText(number)}, ${call} '${path}'`), { code, syscall: call, path });
}

function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

function bindCalls() {
  return bind({
    openat: { arguments: ['i32', 'buffer', 'i32', 'u32'], return: 'i32' },
    renameat: { arguments: ['i32', 'buffer', 'i32', 'buffer'], return: 'i32' },
    unlinkat: { arguments: ['i32', 'buffer', 'i32'], return: 'i32' },
    mkdirat: { arguments: ['i32', 'buffer', 'u32'], return: 'i32' },
    close: { arguments: ['i32'], return: 'i32' },
  });
}
