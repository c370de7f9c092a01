import { bind, errno } from './libc.ts';

const setChildSubreaper = 36;
const noHang = 1;
const untraced = 2;
const interrupted = 4;

const bindReap = () =>
  bind({
    wait4: { arguments: ['i32', 'buffer', 'i32', 'buffer'], return: 'i32' },
    prctl: { arguments: ['i32', 'u64', 'u64', 'u64', 'u64'], return: 'i32' },
  });
let functions: ReturnType<typeof bindReap> | null = null;
const libc = () => (functions ??= bindReap());

const status = Buffer.alloc(4);
/** struct rusage (getrusage(2)): a struct timeval of user time, one of system time, then the peak memory in KiB. */
const usage = Buffer.alloc(144);

/** A child that exited or stopped. Its usage includes all descendants that it waited for (getrusage(2)). */
export interface Reaped {
  readonly pid: number;
  readonly end:
    | { readonly kind: 'exited'; readonly code: number }
    | { readonly kind: 'signaled'; readonly signal: number }
    | { readonly kind: 'stopped'; readonly signal: number };
  readonly userSeconds: number;
  readonly systemSeconds: number;
  readonly maxRssBytes: number;
}

/**
 * Collects one child, own or adopted, that has changed its state (wait4(2)).
 *
 * @returns the child; `'none'` if all are still running; `'childless'` if there are no children
 */
export function reapOne(): Reaped | 'none' | 'childless' {
  for (;;) {
    const pid = libc().wait4(-1, status, noHang | untraced, usage);
    if (pid > 0) return { pid, end: endOf(status.readInt32LE(0)), ...usageOf() };
    if (pid === 0) return 'none';
    if (errno() !== interrupted) return 'childless';
  }
}

/** Makes orphaned descendants children of this process rather than of PID 1 (prctl(2), PR_SET_CHILD_SUBREAPER). */
export function adoptOrphans(): void {
  libc().prctl(setChildSubreaper, 1n, 0n, 0n, 0n);
}

function endOf(waitStatus: number): Reaped['end'] {
  const low = waitStatus & 0x7f;
  const high = (waitStatus >> 8) & 0xff;
  if (low === 0) return { kind: 'exited', code: high };
  if (low === 0x7f) return { kind: 'stopped', signal: high };
  return { kind: 'signaled', signal: low };
}

function usageOf(): Pick<Reaped, 'userSeconds' | 'systemSeconds' | 'maxRssBytes'> {
  const seconds = (offset: number) =>
    Number(usage.readBigInt64LE(offset)) + Number(usage.readBigInt64LE(offset + 8)) / 1e6;
  return {
    userSeconds: seconds(0),
    systemSeconds: seconds(16),
    maxRssBytes: Number(usage.readBigInt64LE(32)) * 1024,
  };
}
