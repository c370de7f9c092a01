import { closeSync, constants, fstatSync, linkSync, lstatSync, openSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { umask } from 'node:process';
import { bind, errno } from './libc.ts';

const lockExclusive = 2;
const lockNoWait = 4;
/** EWOULDBLOCK (errno(3)). */
const wouldBlock = 11;

const bindLock = () =>
  bind({
    mkfifo: { arguments: ['buffer', 'u32'], return: 'i32' },
    flock: { arguments: ['i32', 'i32'], return: 'i32' },
  });
let functions: ReturnType<typeof bindLock> | null = null;
const libc = () => (functions ??= bindLock());

/**
 * Holds a FIFO open for reading and writing, and locked (flock(2)), for the life of this process. When the process
 * dies, however it dies, the kernel releases both and notifies every reader of the FIFO.
 *
 * @returns `'held'`; `'taken'` if another process holds it; else the errno of what failed
 */
export function holdFifo(path: string): 'held' | 'taken' | { readonly errno: number } {
  const held = openHeldFifo(path);
  return typeof held === 'number' ? 'held' : held;
}

/**
 * The same until the descriptor is closed.
 *
 * @returns the descriptor; `'taken'` if another process holds it; else the errno of what failed
 */
export function openHeldFifo(path: string): number | 'taken' | { readonly errno: number } {
  // A second round is needed after removing a leftover of another user.
  for (let round = 0; ; round += 1) {
    const made = makeHeld(path);
    if (made.file !== null) return made.file;
    const file = openFifo(path);
    if (file !== null) {
      const held = lockFile(file);
      if (held === 'held') return file;
      closeSync(file);
      return held;
    }
    if (round > 0) return { errno: made.errno };
    rmSync(path, { force: true });
  }
}

/**
 * Makes a FIFO that never appears without its holder: a reader takes the holder of a FIFO that nobody holds for dead, and this
 * process may stand still between any two calls.
 *
 * @returns its descriptor; null: there is one already, or, on a volume without hard links, one was made that nobody holds yet
 */
function makeHeld(path: string): { readonly file: number | null; readonly errno: number } {
  const hidden = join(dirname(path), `.${basename(path)}.${Math.random().toString(36).slice(2)}`);
  const file = makeFifo(hidden) === 0 ? openFifo(hidden) : null;
  try {
    if (file !== null && lockFile(file) === 'held') {
      linkSync(hidden, path);
      return { file, errno: 0 };
    }
  } catch {
    // It is made in its place.
  } finally {
    if (file !== null) rmSync(hidden, { force: true });
  }
  if (file !== null) closeSync(file);
  return { file: null, errno: makeFifo(path) };
}

/**
 * Locks an open file for the life of this process (flock(2)).
 *
 * @returns `'held'`; `'taken'` if another process holds it; else the errno, where the volume or the engine does not
 *   support locks
 */
export function lockFile(file: number): 'held' | 'taken' | { readonly errno: number } {
  if (libc().flock(file, lockExclusive | lockNoWait) === 0) return 'held';
  const refused = errno();
  return refused === wouldBlock ? 'taken' : { errno: refused };
}

/** Open to any user, whatever the umask, which could keep us from opening it ourselves. @returns 0, or the errno */
function makeFifo(path: string): number {
  const before = umask(0);
  const made = libc().mkfifo(Buffer.from(`${path}\0`), 0o666) === 0 ? 0 : errno();
  umask(before);
  return made;
}

/** Null if it cannot be opened or is not a FIFO. */
function openFifo(path: string): number | null {
  let file: number;
  try {
    // Opening a device to find out what it is could have side effects.
    if (!lstatSync(path).isFIFO()) return null;
    file = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return null; // The caller creates it again.
  }
  if (fstatSync(file).isFIFO()) return file;
  closeSync(file);
  return null;
}
