import { closeSync, constants, fstatSync, lstatSync, openSync, rmSync } from 'node:fs';
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
 * Holds a FIFO open for reading and writing, and locked (flock(2)), for the life of this process. The kernel lets go
 * of both when the process dies, however it dies, and tells whoever has the FIFO open for reading.
 *
 * @returns `'held'`; `'taken'` when another process holds it; else the errno of what failed
 */
export function holdFifo(path: string): 'held' | 'taken' | { readonly errno: number } {
  // A second round is needed where another user's leftover had to make way.
  for (let round = 0; ; round += 1) {
    const made = makeFifo(path);
    const file = openFifo(path);
    if (file !== null) {
      const held = lockFile(file);
      if (held !== 'held') closeSync(file);
      return held;
    }
    if (round > 0) return { errno: made };
    rmSync(path, { force: true });
  }
}

/**
 * Locks an open file for the life of this process (flock(2)).
 * @returns `'held'`; `'taken'` when another process has it; else the errno, where the volume or the engine knows no locks
 */
export function lockFile(file: number): 'held' | 'taken' | { readonly errno: number } {
  if (libc().flock(file, lockExclusive | lockNoWait) === 0) return 'held';
  const refused = errno();
  return refused === wouldBlock ? 'taken' : { errno: refused };
}

/** For any user, whatever the umask, by which we might not open it ourselves. @returns 0, or the errno */
function makeFifo(path: string): number {
  const before = umask(0);
  const made = libc().mkfifo(Buffer.from(`${path}\0`), 0o666) === 0 ? 0 : errno();
  umask(before);
  return made;
}

/** Null when it cannot be opened or is something else than a FIFO. */
function openFifo(path: string): number | null {
  let file: number;
  try {
    // A device is not opened to find out what it is.
    if (!lstatSync(path).isFIFO()) return null;
    file = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return null; // The caller makes it anew.
  }
  if (fstatSync(file).isFIFO()) return file;
  closeSync(file);
  return null;
}
