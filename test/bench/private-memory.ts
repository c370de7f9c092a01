import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

const samplingMs = 10;

/** What this process alone has written to, bytes (proc_pid_smaps_rollup(5)); 0 when it is gone. */
export function privateBytes(pid: number): number {
  return sumOf(pid, /^Private_Dirty:\s+(\d+) kB$/gm);
}

/** What is mapped by this process alone, pages of files that it has only read included, bytes; 0 when it is gone. */
export function mappedBytes(pid: number): number {
  return sumOf(pid, /^Private_\w+:\s+(\d+) kB$/gm);
}

function sumOf(pid: number, counted: RegExp): number {
  try {
    const lines = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').matchAll(counted);
    return [...lines].reduce((sum, [, kB]) => sum + Number(kB) * 1024, 0);
  } catch {
    return 0; // It has just ended.
  }
}

/** Looks again and again at a process's private memory. The result stops that, and returns the most that was seen. */
export function watchPrivateMemory(watched: ChildProcess): () => number {
  let peak = 0;
  const sampling = setInterval(() => {
    if (watched.exitCode === null) peak = Math.max(peak, privateBytes(watched.pid ?? -1));
  }, samplingMs);
  return () => {
    clearInterval(sampling);
    return peak;
  };
}
