import { firstRealtimeSignal, lastSignal } from '../../base/signal-names.ts';

/** SIGCHLD: never passed on; it tells that a child has changed its state. */
export const childSignal = 17;

/**
 * The signals that are not passed on. KILL and STOP cannot be caught. ILL, BUS, FPE and SEGV tell of a fault of our
 * own, which must end us. PIPE and XFSZ come from our own writing. 32 and 33 are the C library's.
 */
const kept: ReadonlySet<number> = new Set([4, 7, 8, 9, 11, 13, 19, 25, 32, 33]);

const caught = Array.from({ length: lastSignal }, (_, index) => index + 1).filter(
  (signal) => !kept.has(signal),
);

/** What the emissary catches before the job starts: every signal that has a name, and SIGCHLD. */
export const namedSignals: readonly number[] = caught.filter((signal) => signal < firstRealtimeSignal);

/** What it catches as soon as the job runs: the real-time signals, which nobody sends to stop a program. */
export const realtimeSignals: readonly number[] = caught.filter((signal) => signal >= firstRealtimeSignal);
