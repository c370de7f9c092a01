import { bind, errno } from './libc.ts';

const closeOnExec = 0o2000000;
const setPipeSize = 1031;
const bytesReadable = 0x541bn;
const withoutWaiting = 2;

const bindPipe = () =>
  bind({
    pipe2: { arguments: ['buffer', 'i32'], return: 'i32' },
    fcntl: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
    ioctl: { arguments: ['i32', 'u64', 'buffer'], return: 'i32' },
    read: { arguments: ['i32', 'buffer', 'u64'], return: 'i64' },
    tee: { arguments: ['i32', 'i32', 'u64', 'u32'], return: 'i64' },
  });
let functions: ReturnType<typeof bindPipe> | null = null;
const libc = () => (functions ??= bindPipe());

/** A pipe's two descriptors; both are close-on-exec (pipe2(2)). */
export interface Pipe {
  readonly read: number;
  readonly write: number;
}

/** Makes a pipe with the default 64 KiB. @returns the pipe, or the errno */
export function makePipe(): Pipe | { readonly errno: number } {
  const pair = Buffer.alloc(8);
  if (libc().pipe2(pair, closeOnExec) !== 0) return { errno: errno() };
  return { read: pair.readInt32LE(0), write: pair.readInt32LE(4) };
}

/** Requests a capacity (F_SETPIPE_SZ). Does nothing if the kernel refuses or the descriptor is not a pipe. */
export function growPipe(file: number, bytes: number): void {
  libc().fcntl(file, setPipeSize, bytes);
}

/** How many bytes can be read from a pipe or terminal without blocking (FIONREAD). */
export function readableBytes(file: number): number {
  const count = Buffer.alloc(4);
  return libc().ioctl(file, bytesReadable, count) === 0 ? count.readInt32LE(0) : 0;
}

/**
 * Calls read(2) directly, bypassing Node's event loop; meant for non-blocking descriptors.
 *
 * @returns the bytes read, 0 at the end, or the negative errno
 */
export function readNow(file: number, buffer: Buffer): number {
  const count = Number(libc().read(file, buffer, BigInt(buffer.length)));
  return count < 0 ? -errno() : count;
}

/**
 * tee(2): copies readable data from one pipe to another and leaves it in the first. Never blocks.
 *
 * @returns the bytes, fewer than `bytes` if the other pipe is nearly full, or the negative errno: EAGAIN if nothing
 *   can be copied now, EINVAL if one of them is not a pipe
 */
export function duplicateNow(from: number, to: number, bytes: number): number {
  const count = Number(libc().tee(from, to, BigInt(bytes), withoutWaiting));
  return count < 0 ? -errno() : count;
}
