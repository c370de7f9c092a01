import { readFileSync } from 'node:fs';

/** The files of a control group, by its version: its limit, and what the kernel counts. cgroups(7), memcg. */
const versions = [
  { limit: '/sys/fs/cgroup/memory.max', counts: '/sys/fs/cgroup/memory.events' },
  {
    limit: '/sys/fs/cgroup/memory/memory.limit_in_bytes',
    counts: '/sys/fs/cgroup/memory/memory.oom_control',
  },
] as const;
/** Version 1 has a huge number for `no limit`. */
const mostBytes = 2 ** 60;
const mebibyte = 2 ** 20;

/**
 * What the kernel has killed in this container for lack of memory: a clause. Null: nothing, or there is no limit, and what
 * was killed elsewhere on the machine is not the job's.
 */
export function memoryKills(): string | null {
  for (const { limit, counts } of versions) {
    const bytes = Number(readOrEmpty(limit).trim() || Number.NaN);
    // `max` is no number.
    if (!(bytes < mostBytes)) continue;
    const killed = Number(/^oom_kill (\d+)$/m.exec(readOrEmpty(counts))?.[1] ?? 0);
    if (killed > 0) return `the kernel killed ${processes(killed)}: out of memory (${megabytes(bytes)})`;
  }
  return null;
}

function processes(count: number): string {
  return count === 1 ? 'a process of its container' : `${count} processes of its container`;
}

function megabytes(bytes: number): string {
  return `limit ${Math.round(bytes / mebibyte)} MiB`;
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
