import { closeSync } from 'node:fs';
import { bind } from './libc.ts';
import { type Readiness, watchDescriptor } from './watch-descriptor.ts';

const closeOnExec = 0o2000000;
const add = 1;
const readable = 1;

const bindEpoll = () =>
  bind({
    epoll_create1: { arguments: ['i32'], return: 'i32' },
    epoll_ctl: { arguments: ['i32', 'i32', 'i32', 'buffer'], return: 'i32' },
  });
let functions: ReturnType<typeof bindEpoll> | null = null;
const libc = () => (functions ??= bindEpoll());

/**
 * Watches a descriptor that we share with other programs until it is readable, without changing it: libuv would make
 * it non-blocking for all of them. So libuv watches an epoll(7) of ours, which watches the descriptor.
 *
 * @returns the armed watch, whose `close` frees everything; null if the descriptor cannot be watched
 */
export function watchInput(file: number, listener: () => void): Pick<Readiness, 'close'> | null {
  const epoll = libc().epoll_create1(closeOnExec);
  if (epoll === -1) return null;
  // struct epoll_event: the first four bytes are the events. The buffer is longer than the struct on any machine.
  const event = Buffer.alloc(16);
  event.writeUInt32LE(readable, 0);
  const watch =
    libc().epoll_ctl(epoll, add, file, event) === 0 ? watchDescriptor(epoll, 'read', listener) : null;
  if (watch === null) {
    closeSync(epoll);
    return null;
  }
  watch.arm();
  return {
    close: () => {
      watch.close();
      closeSync(epoll);
    },
  };
}
