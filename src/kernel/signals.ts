import { getCurrentEventLoop, getRawPointer } from 'node:ffi';
import { fstat } from 'node:fs';
import { bind, errno, processImage } from './libc.ts';
import { signalSet } from './signal-set.ts';

const signalHandle = 16;
const block = 0;
const unblock = 1;
/** TTIN, TTOU. */
const terminalSignals = [21, 22];

const bindSignals = () =>
  bind({
    uv_handle_size: { arguments: ['i32'], return: 'u64' },
    uv_signal_init: { arguments: ['pointer', 'pointer'], return: 'i32' },
    uv_signal_start: { arguments: ['pointer', 'pointer', 'i32'], return: 'i32' },
    pthread_sigmask: { arguments: ['i32', 'buffer', 'pointer'], return: 'i32' },
    kill: { arguments: ['i32', 'i32'], return: 'i32' },
    getpgid: { arguments: ['i32'], return: 'i32' },
  });
let functions: ReturnType<typeof bindSignals> | null = null;
const libc = () => (functions ??= bindSignals());

/** libuv keeps the handles' addresses: their memory must stay allocated for the life of the process. */
const handles: Buffer[] = [];

/**
 * Starts libuv's threads, which read and write for us; call it before any signal is caught. By default libuv starts
 * them on first use and aborts if it cannot, for example when this user may have no more processes. That should
 * happen before the job runs, not while it runs.
 *
 * The signals by which a terminal stops a background process stay blocked in these threads. If they were caught, the
 * kernel would restart the same read or write forever. While they are blocked, the write succeeds and the read fails.
 */
export function startThreads(): void {
  libc().pthread_sigmask(block, signalSet(terminalSignals), 0n);
  fstat(0, () => undefined);
}

/**
 * Catches signals by number, including real-time signals, which Node's `process.on` cannot name. Then unblocks them
 * for this thread: signals that arrived while they were blocked are delivered now, so none is lost. The listener runs
 * from `setImmediate`, as ordinary code. Keeps the event loop alive.
 */
export function catchSignals(numbers: readonly number[], listener: (signal: number) => void): void {
  const caught = processImage().registerCallback(
    { arguments: ['pointer', 'i32'], return: 'void' },
    (_handle, signal) => {
      setImmediate(listener, signal);
    },
  );
  const size = Number(libc().uv_handle_size(signalHandle));
  const memory = Buffer.alloc(size * numbers.length);
  handles.push(memory);
  const loop = getCurrentEventLoop();
  for (const [index, number] of numbers.entries()) {
    const handle = getRawPointer(memory) + BigInt(size * index);
    libc().uv_signal_init(loop, handle);
    libc().uv_signal_start(handle, caught, number);
  }
  unblockSignals(numbers);
}

/** Lets signals through that were blocked when the program was started, as its bootstrap leaves all of them. */
export function unblockSignals(numbers: readonly number[]): void {
  libc().pthread_sigmask(unblock, signalSet(numbers), 0n);
}

/**
 * kill(2): to a process, or to a process group if negative. Signal 0 only checks that it exists.
 *
 * @returns 0, or the errno (3 = ESRCH: no such process)
 */
export function sendSignal(target: number, signal: number): number {
  return libc().kill(target, signal) === 0 ? 0 : errno();
}

/** The process group of a process (getpgid(2)); -1 if it does not exist. */
export function groupOf(pid: number): number {
  return libc().getpgid(pid);
}
