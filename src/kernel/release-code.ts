import { readFileSync } from 'node:fs';
import { bind } from './libc.ts';

const dontNeed = 4;

const bindAdvice = () => bind({ madvise: { arguments: ['u64', 'u64', 'i32'], return: 'i32' } });
let functions: ReturnType<typeof bindAdvice> | null = null;

/**
 * Gives back the memory of the program's file that the start has read: code and constants, some 50 MiB, of which a process
 * at rest needs a few. What is needed again comes from the kernel's cache of the file, or from the file (madvise(2)).
 * Mappings that anything was ever written to are left alone. Does nothing where /proc is not mounted.
 */
export function releaseCode(): void {
  functions ??= bindAdvice();
  for (const { start, end } of unwrittenMappings()) functions.madvise(start, end - start, dontNeed);
}

interface Mapping {
  /** Addresses. */
  readonly start: bigint;
  readonly end: bigint;
}

/** The mappings of files that cannot be written to, and never were: r--p and r-xp without private dirty pages (proc(5)). */
function unwrittenMappings(): readonly Mapping[] {
  const mapping =
    /^([0-9a-f]+)-([0-9a-f]+) r-[-x]p [0-9a-f]+ \S+ [1-9][0-9]* .*\n(?:.+: .*\n)*?Private_Dirty: +0 kB$/gm;
  return [...readMappings().matchAll(mapping)].map(([, start, end]) => ({
    start: BigInt(`0x${start}`),
    end: BigInt(`0x${end}`),
  }));
}

function readMappings(): string {
  try {
    return readFileSync('/proc/self/smaps', 'latin1');
  } catch {
    return '';
  }
}
