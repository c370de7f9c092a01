import { readFileSync } from 'node:fs';
import { bind, processImage } from './libc.ts';

const dontNeed = 4;

const bindAdvice = () => bind({ madvise: { arguments: ['u64', 'u64', 'i32'], return: 'i32' } });
let functions: ReturnType<typeof bindAdvice> | null = null;

/** A mapping of a file (proc(5)). */
interface Mapping {
  /** Addresses. */
  readonly start: bigint;
  readonly end: bigint;
  /** Device, inode and path. */
  readonly file: string;
  /** It cannot be written to, and never was. */
  readonly isUnwritten: boolean;
}

/**
 * Gives back the memory of the program's file that the start has read: code and constants, some 50 MiB, of which a process
 * at rest needs a few. What is needed again comes from the kernel's cache of the file, or from the file (madvise(2)).
 * Mappings that anything was ever written to are left alone. Does nothing where the kernel does not tell the mappings, or
 * tells those of an emulator.
 */
export function releaseCode(): void {
  const mappings = readMappings();
  const known = processImage().getSymbol('uv_version');
  const own = mappings.find(({ start, end }) => start <= known && known < end);
  if (own === undefined) return;
  functions ??= bindAdvice();
  for (const { start, end, file, isUnwritten } of mappings)
    if (isUnwritten && file === own.file) functions.madvise(start, end - start, dontNeed);
}

function readMappings(): readonly Mapping[] {
  const mapping =
    /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) [0-9a-f]+ (\S+ [1-9][0-9]* .*)\n(?:.+: .*\n)*?Private_Dirty: +(\d+) kB$/gm;
  return [...readSmaps().matchAll(mapping)].map(([, start, end, mode = '', file = '', dirty]) => ({
    start: BigInt(`0x${start}`),
    end: BigInt(`0x${end}`),
    file,
    isUnwritten: /^r-[-x]p$/.test(mode) && dirty === '0',
  }));
}

function readSmaps(): string {
  try {
    return readFileSync('/proc/self/smaps', 'latin1');
  } catch {
    return '';
  }
}
