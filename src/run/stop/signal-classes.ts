import { firstRealtimeSignal, killSignal, lastSignal, terminateSignal } from '../../base/signal-names.ts';

/** SIGCHLD: never forwarded; it reports that a child has changed its state. */
export const childSignal = 17;

/**
 * The signals that are not forwarded. KILL and STOP cannot be caught. ILL, BUS, FPE and SEGV report a crash of our own
 * process and must end it. PIPE and XFSZ come from our own writes. 32 and 33 belong to the C library.
 */
const kept: ReadonlySet<number> = new Set([4, 7, 8, 9, 11, 13, 19, 25, 32, 33]);

const caught = Array.from({ length: lastSignal }, (_, index) => index + 1).filter(
  (signal) => !kept.has(signal),
);

/** Signals that are caught before the job starts: every named signal, including SIGCHLD. */
export const namedSignals: readonly number[] = caught.filter((signal) => signal < firstRealtimeSignal);

/** Signals that are caught as soon as the job runs: the real-time signals, which are not used to stop programs. */
export const realtimeSignals: readonly number[] = caught.filter((signal) => signal >= firstRealtimeSignal);

/** Signals whose default action does not terminate a process (signal(7)): CHLD, CONT, STOP…TTOU, URG, WINCH. */
export const harmlessSignals: ReadonlySet<number> = new Set([17, 18, 19, 20, 21, 22, 23, 28]);

/** HUP, INT, QUIT, KILL, TERM: these stop the saving after the job. */
export const savingStopSignals: ReadonlySet<number> = new Set([1, 2, 3, killSignal, terminateSignal]);
