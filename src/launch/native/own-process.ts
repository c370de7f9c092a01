import { readdirSync, readFileSync } from 'node:fs';
import { kill } from 'node:process';

/** One process, told apart from a later one with the same ID. */
export interface OwnProcess {
  readonly pid: number;
  /** When it was started, in ticks since the machine's start (proc(5)). */
  readonly startTime: string;
}

/** The process with this ID; null if there is none, or it only waits for its parent. */
export function findProcess(pid: number): OwnProcess | null {
  const fields = statOf(pid);
  return fields === null || fields[0] === 'Z' ? null : { pid, startTime: fields[startField] ?? '' };
}

/** Whether it still runs. */
export function isRunning({ pid, startTime }: OwnProcess): boolean {
  return findProcess(pid)?.startTime === startTime;
}

/**
 * Sends KILL to the members of a session that this process has led. If its leader is another process by now, the session
 * is another one, and is left alone.
 */
export function killSession(leader: OwnProcess): void {
  const now = findProcess(leader.pid);
  if (now !== null && now.startTime !== leader.startTime) return;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || statOf(Number(name))?.[sessionField] !== String(leader.pid)) continue;
    try {
      kill(Number(name), 'SIGKILL');
    } catch {
      // It has just ended, or became another user's.
    }
  }
}

/** Positions after the name in parentheses, which may hold anything. */
const sessionField = 3;
const startField = 19;

function statOf(pid: number): readonly string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}
