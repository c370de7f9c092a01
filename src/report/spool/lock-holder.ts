import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs';
import { limits } from '../../base/limits.ts';
import { readUpTo } from '../../base/read-regular.ts';

/**
 * Who holds the lock (flock(2)) of an open file, according to /proc: `unseen` is a process outside this container, or none
 * any more.
 */
export function lockHolder(file: number): 'emissary' | 'stranger' | 'unseen' {
  const { ino } = fstatSync(file);
  const holders = readProc('/proc/locks')
    .split('\n')
    // `1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF` (proc_locks(5)).
    .map((line) => /FLOCK +\S+ +\S+ +([0-9]+) +[0-9a-f]+:[0-9a-f]+:([0-9]+) /.exec(line))
    .flatMap((match) => (match !== null && match[2] === String(ino) ? [Number(match[1])] : []))
    .filter((pid) => pid > 0);
  if (holders.length === 0) return 'unseen';
  return holders.some(isEmissary) ? 'emissary' : 'stranger';
}

/** Whether a process is a reporter: the same program, run with `wait` or `report`. */
function isEmissary(pid: number): boolean {
  const args = readProc(`/proc/${pid}/cmdline`).split('\0');
  return args.some((arg) => arg === 'wait' || arg === 'report') && isOurProgram(pid);
}

function isOurProgram(pid: number): boolean {
  try {
    const [theirs, ours] = [statSync(`/proc/${pid}/exe`), statSync('/proc/self/exe')];
    return theirs.ino === ours.ino && theirs.dev === ours.dev;
  } catch {
    return true; // Not permitted (ptrace(2)): its command line has to suffice.
  }
}

function readProc(path: string): string {
  try {
    const file = openSync(path, constants.O_RDONLY);
    try {
      return readUpTo(file, limits.procBytes).toString('latin1');
    } finally {
      closeSync(file);
    }
  } catch {
    return ''; // The process has just exited, or there is no /proc.
  }
}
