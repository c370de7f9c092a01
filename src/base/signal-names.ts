import { constants } from 'node:os';

/** TERM: asks a process to exit. */
export const terminateSignal = 15;
/** KILL: ends a process that ignores TERM. */
export const killSignal = 9;

const first = 1;

/** SIGRTMIN as glibc defines it: it keeps 32 and 33 for itself (signal(7)). */
export const firstRealtimeSignal = 34;

/** The highest signal number, SIGRTMAX. */
export const lastSignal = 64;

/** `SIGTERM` for 15; `SIGRTMIN+n` for the real-time signals (signal(7)). */
export function signalName(number: number): string {
  if (number >= firstRealtimeSignal)
    return number === firstRealtimeSignal ? 'SIGRTMIN' : `SIGRTMIN+${number - firstRealtimeSignal}`;
  // SIGIOT and SIGPOLL are aliases; the table lists the common name first.
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found?.[0] ?? `SIG${number}`;
}

/** Aliases that Node does not list (signal(7)). */
const aliases: Readonly<Record<string, number>> = { SIGCLD: 17, SIGUNUSED: 31 };

/** The number for `15`, `TERM`, `SIGTERM`, `term`, `RTMIN+1`, `RTMAX-1` or an alias; null for anything else. */
export function signalNumber(text: string): number | null {
  const plain = text.trim().toUpperCase();
  const name = plain.startsWith('SIG') ? plain : `SIG${plain}`;
  const numbers: Readonly<Record<string, number>> = constants.signals;
  // First what is usual: a signal for the job should not wait for anything.
  for (const names of [numbers, aliases]) if (Object.hasOwn(names, name)) return names[name] ?? null;
  return plainNumber(plain) ?? realtimeNumber(name);
}

function plainNumber(digits: string): number | null {
  if (!/^[0-9]{1,2}$/.test(digits)) return null;
  const number = Number(digits);
  return number >= first && number <= lastSignal && number !== 32 && number !== 33 ? number : null;
}

/** Counted from the first or the last real-time signal, as shells list them. */
function realtimeNumber(name: string): number | null {
  const found = /^SIGRT(?:MIN(?:\+([0-9]{1,2}))?|MAX(?:-([0-9]{1,2}))?)$/.exec(name);
  if (found === null) return null;
  const [, up = '0', down = '0'] = found;
  const number = name.startsWith('SIGRTMIN') ? firstRealtimeSignal + Number(up) : lastSignal - Number(down);
  return number >= firstRealtimeSignal && number <= lastSignal ? number : null;
}
