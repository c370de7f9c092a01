/** SIGCHLD: never passed on; it tells that a child has changed its state. */
export const childSignal = 17;

/**
 * The signals that are not passed on. KILL and STOP cannot be caught. ILL, BUS, FPE and SEGV tell of a fault of our
 * own, which must end us. PIPE and XFSZ come from our own writing. 32 and 33 are the C library's.
 */
const kept: ReadonlySet<number> = new Set([4, 7, 8, 9, 11, 13, 19, 25, 32, 33]);
const last = 64;

/** Every signal that the emissary catches: all that it passes on, and SIGCHLD. */
export const caughtSignals: readonly number[] = Array.from({ length: last }, (_, index) => index + 1).filter(
  (signal) => !kept.has(signal),
);
