import { closeSync, constants, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import { pause } from '../base/timer.ts';

/** How much a control group has used, as its kernel files say. */
interface Meter {
  /** Processor time since it was made, in microseconds. */
  readonly cpu: () => number;
  /** Bytes of memory, now. */
  readonly memory: () => number;
}

/**
 * Writes down how much processor time and memory the container uses, as long as the run lasts: a line of `usage` each time
 * (src/contract/README.md). Every second at first, and less and less often: a job of a day has some 2,000 lines. Nothing where the
 * container has no control group of its own, such as on a host. Never rejects.
 *
 * @param file the container's `usage`
 */
export async function sampleUsage(file: string, over: AbortSignal): Promise<void> {
  const meter = meterOf();
  const descriptor = meter === null ? null : create(file);
  if (meter === null || descriptor === null) return;
  for (let interval: number = limits.usageMs; !over.aborted; interval *= 2)
    for (let sample = 0; sample < limits.usageSamples && !over.aborted; sample += 1) {
      try {
        writeSync(descriptor, `${Date.now()} ${meter.cpu()} ${meter.memory()}\n`);
      } catch {
        // A full volume, or a group that is gone: a curve is not worth a job's trouble.
        return closeSync(descriptor);
      }
      await pause(interval, over);
    }
  closeSync(descriptor);
}

/** What a job has put in its place could make this process wait. */
function create(file: string): number | null {
  const { O_WRONLY, O_CREAT, O_EXCL, O_APPEND, O_NOFOLLOW } = constants;
  try {
    return openSync(file, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW, 0o644);
  } catch {
    return null;
  }
}

/** Of version 2 or 1 of control groups (cgroups(7)). The group of the whole machine is not the job's. */
function meterOf(): Meter | null {
  const root = '/sys/fs/cgroup';
  const number = (path: string) => Number(readFileSync(`${root}/${path}`, 'latin1'));
  if (existsSync(`${root}/memory.current`))
    return {
      cpu: () => Number(/^usage_usec (\d+)/m.exec(readFileSync(`${root}/cpu.stat`, 'latin1'))?.[1]),
      memory: () => number('memory.current'),
    };
  // Only the group of the machine has this file.
  if (!existsSync(`${root}/memory/memory.usage_in_bytes`) || existsSync(`${root}/memory/release_agent`))
    return null;
  return {
    cpu: () => Math.round(number('cpuacct/cpuacct.usage') / 1_000),
    memory: () => number('memory/memory.usage_in_bytes'),
  };
}
