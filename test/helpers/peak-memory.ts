import { readFileSync } from 'node:fs';

/** The most of a process that was ever resident, shared pages included, bytes (proc_pid_status(5)); 0 when it is gone. */
export function peakBytes(pid: number): number {
  try {
    const [, kB] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kB ?? 0) * 1024;
  } catch {
    return 0; // It has just ended.
  }
}
