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

/** libuv holds the addresses of the handles: their memory stays for the life of the process. */
const handles: Buffer[] = [];

/**
 * Starts libuv's threads, which read and write for us; to be called before any signal is caught. Left alone, libuv starts
 * them at their first use, and aborts where it cannot, for example where this user may have no more processes: that
 * happens before the job runs, not when nobody would be with it.
 *
 * The signals by which a terminal refuses a program in its background stay blocked in them: as caught ones, they would
 * have the kernel try the same read or write again, without end. Blocked, the write is done and the read fails.
 */
export function startThreads(): void {
  libc().pthread_sigmask(block, signalSet(terminalSignals), 0n);
  fstat(0, () => undefined);
}

/**
 * Catches signals by number, real-time ones too, which Node's `process.on` cannot name. Then unblocks them for this
 * thread: what arrived while they were blocked comes in now, and none was lost.
 * The listener runs from `setImmediate`, as ordinary code. An event loop with nothing else to do stays alive.
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
  libc().pthread_sigmask(unblock, signalSet(numbers), 0n);
}

/**
 * kill(2): to a process, or to a process group when negative. Signal 0 only asks whether it is there.
 * @returns 0, or the errno (3 = ESRCH: nobody is there)
 */
export function sendSignal(target: number, signal: number): number {
  return libc().kill(target, signal) === 0 ? 0 : errno();
}

/** The process group of a process (getpgid(2)); -1 when it is not there. */
export function groupOf(pid: number): number {
  return libc().getpgid(pid);
}
