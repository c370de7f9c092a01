import { constants } from 'node:os';

/** TERM: asks a program to end. */
export const terminateSignal = 15;
/** KILL: ends a program that does not obey. */
export const killSignal = 9;

const first = 1;

/** SIGRTMIN as glibc has it: 32 and 33 are its own (signal(7)). */
export const firstRealtimeSignal = 34;

/** The largest number of a signal, SIGRTMAX. */
export const lastSignal = 64;

/** `SIGTERM` for 15; `SIGRTMIN+n` for the real-time signals (signal(7)). */
export function signalName(number: number): string {
  if (number >= firstRealtimeSignal)
    return number === firstRealtimeSignal ? 'SIGRTMIN' : `SIGRTMIN+${number - firstRealtimeSignal}`;
  // SIGIOT and SIGPOLL are second names; the table lists the usual one first.
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found?.[0] ?? `SIG${number}`;
}

/** The number of `15`, `TERM`, `SIGTERM`, `term` or `SIGRTMIN+1`; null for anything else. */
export function signalNumber(text: string): number | null {
  const plain = text.trim().toUpperCase();
  if (/^[0-9]{1,2}$/.test(plain)) {
    const number = Number(plain);
    return number >= first && number <= lastSignal && number !== 32 && number !== 33 ? number : null;
  }
  const name = plain.startsWith('SIG') ? plain : `SIG${plain}`;
  const realtime = /^SIGRTMIN(?:\+([0-9]{1,2}))?$/.exec(name);
  if (realtime !== null) {
    const number = firstRealtimeSignal + Number(realtime[1] ?? 0);
    return number <= lastSignal ? number : null;
  }
  return (constants.signals as Record<string, number>)[name] ?? null;
}
