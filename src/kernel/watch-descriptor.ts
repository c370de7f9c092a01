import { getCurrentEventLoop, getRawPointer } from 'node:ffi';
import { bind, processImage } from './libc.ts';

const pollHandle = 8;
const readable = 1;
const writable = 2;

const bindPoll = () =>
  bind({
    uv_handle_size: { arguments: ['i32'], return: 'u64' },
    uv_poll_init: { arguments: ['pointer', 'pointer', 'i32'], return: 'i32' },
    uv_poll_start: { arguments: ['pointer', 'i32', 'pointer'], return: 'i32' },
    uv_poll_stop: { arguments: ['pointer'], return: 'i32' },
    uv_close: { arguments: ['pointer', 'pointer'], return: 'void' },
  });
let functions: ReturnType<typeof bindPoll> | null = null;
const libuv = () => (functions ??= bindPoll());

/** The active watches by their handle's address: libuv keeps that address, so the memory must stay allocated. */
const watches = new Map<bigint, { readonly memory: Buffer; readonly ready: () => void }>();
let onReady = 0n;
let onClosed = 0n;

/** A watch on one descriptor, inactive until it is armed. */
export interface Readiness {
  /** Watches until `disarm`; the listener runs in every loop iteration in which the descriptor is ready. */
  arm(): void;
  disarm(): void;
  /** Ends the watch; the descriptor stays open and may be closed afterwards. */
  close(): void;
}

/**
 * Watches any descriptor that epoll accepts, through libuv's `uv_poll_t`, which Node exports without a class. Makes
 * the descriptor non-blocking (uv_poll_init(3)). The listener runs from `setImmediate`, as ordinary code.
 *
 * @returns the watch, or null if the descriptor cannot be watched (a regular file)
 */
export function watchDescriptor(
  file: number,
  kind: 'read' | 'write',
  listener: () => void,
): Readiness | null {
  registerCallbacks();
  const memory = Buffer.alloc(Number(libuv().uv_handle_size(pollHandle)));
  const handle = getRawPointer(memory);
  if (libuv().uv_poll_init(getCurrentEventLoop(), handle, file) !== 0) return null;
  watches.set(handle, { memory, ready: () => setImmediate(listener) });
  let open = true;
  const ifOpen = (act: () => void) => () => {
    if (open) act();
  };
  return {
    arm: ifOpen(() => libuv().uv_poll_start(handle, kind === 'read' ? readable : writable, onReady)),
    disarm: ifOpen(() => libuv().uv_poll_stop(handle)),
    close: ifOpen(() => {
      open = false;
      libuv().uv_close(handle, onClosed);
    }),
  };
}

function registerCallbacks(): void {
  if (onReady !== 0n) return;
  onReady = processImage().registerCallback(
    { arguments: ['pointer', 'i32', 'i32'], return: 'void' },
    (handle) => {
      watches.get(handle as bigint)?.ready();
    },
  );
  onClosed = processImage().registerCallback({ arguments: ['pointer'], return: 'void' }, (handle) => {
    watches.delete(handle as bigint);
  });
}
