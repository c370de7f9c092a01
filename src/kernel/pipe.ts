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

/** A pipe's two descriptors; neither survives an exec (pipe2(2)). */
export interface Pipe {
  readonly read: number;
  readonly write: number;
}

/** Makes a pipe, of the usual 64 KiB. @returns the pipe, or the errno */
export function makePipe(): Pipe | { readonly errno: number } {
  const pair = Buffer.alloc(8);
  if (libc().pipe2(pair, closeOnExec) !== 0) return { errno: errno() };
  return { read: pair.readInt32LE(0), write: pair.readInt32LE(4) };
}

/** Asks for a capacity (F_SETPIPE_SZ). Nothing happens where the kernel refuses, or where it is no pipe. */
export function growPipe(file: number, bytes: number): void {
  libc().fcntl(file, setPipeSize, bytes);
}

/** How many bytes can be read from a pipe or terminal at once (FIONREAD). */
export function readableBytes(file: number): number {
  const count = Buffer.alloc(4);
  return libc().ioctl(file, bytesReadable, count) === 0 ? count.readInt32LE(0) : 0;
}

/**
 * read(2) into `buffer`, without Node's event loop in between; meant for descriptors that do not block.
 * @returns the bytes read, 0 at the end, or the negative errno
 */
export function readNow(file: number, buffer: Buffer): number {
  const count = Number(libc().read(file, buffer, BigInt(buffer.length)));
  return count < 0 ? -errno() : count;
}

/**
 * tee(2): puts what can be read from one pipe into another as well, without a copy, and leaves it to be read. Never
 * waits.
 * @returns the bytes, fewer than `bytes` where the other pipe has no more room, or the negative errno: EAGAIN for none
 *   at present, EINVAL where one of them is no pipe
 */
export function duplicateNow(from: number, to: number, bytes: number): number {
  const count = Number(libc().tee(from, to, BigInt(bytes), withoutWaiting));
  return count < 0 ? -errno() : count;
}
