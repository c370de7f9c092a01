import { getCurrentEventLoop, getRawPointer } from 'node:ffi';
import { bind, errno, processImage } from './libc.ts';

const signalHandle = 16;
const unblock = 1;
const maskBytes = 128;

const bindSignals = () =>
  bind({
    uv_handle_size: { arguments: ['i32'], return: 'u64' },
    uv_signal_init: { arguments: ['pointer', 'pointer'], return: 'i32' },
    uv_signal_start: { arguments: ['pointer', 'pointer', 'i32'], return: 'i32' },
    pthread_sigmask: { arguments: ['i32', 'buffer', 'pointer'], return: 'i32' },
    kill: { arguments: ['i32', 'i32'], return: 'i32' },
  });
let functions: ReturnType<typeof bindSignals> | null = null;
const libc = () => (functions ??= bindSignals());

/** libuv holds the addresses of the handles: their memory stays for the life of the process. */
const handles: Buffer[] = [];

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
  libc().pthread_sigmask(unblock, setOf(numbers), 0n);
}

/** A sigset_t: bit n-1 stands for signal n. */
function setOf(numbers: readonly number[]): Buffer {
  const set = Buffer.alloc(maskBytes);
  for (const number of numbers) {
    const bit = number - 1;
    set.writeUInt8(set.readUInt8(bit >> 3) | (1 << (bit & 7)), bit >> 3);
  }
  return set;
}

/**
 * kill(2): to a process, or to a process group when negative. Signal 0 only asks whether it is there.
 * @returns 0, or the errno (3 = ESRCH: nobody is there)
 */
export function sendSignal(target: number, signal: number): number {
  return libc().kill(target, signal) === 0 ? 0 : errno();
}
