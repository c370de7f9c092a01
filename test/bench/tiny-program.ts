import { chmodSync, writeFileSync } from 'node:fs';

/**
 * Static programs of some 200 bytes that tell the time (CLOCK_MONOTONIC, the clock of `process.hrtime`) as two
 * little-endian 64-bit numbers, seconds and nanoseconds, on standard output. A job in C would need a compiler, and one
 * in a script would measure its interpreter. For x86-64 only.
 */
export type TinyProgram =
  /** Tells the time of its first instruction, and ends. */
  | 'stamp'
  /** Writes one byte, then tells the time of each SIGUSR1 and SIGTERM that it gets. */
  | 'stamp-signals';

/** Writes the program to a file. */
export function writeTinyProgram(kind: TinyProgram, file: string): void {
  if (process.arch !== 'x64') throw new Error(`there is no tiny program for ${process.arch}`);
  writeFileSync(file, elf(Buffer.from(programs[kind].replaceAll(/\s|;.*$/gm, ''), 'hex')));
  chmodSync(file, 0o755);
}

/** The times, in ns, of a program's output. */
export function readStamps(bytes: Buffer): readonly bigint[] {
  return Array.from({ length: Math.floor(bytes.length / 16) }, (_, index) => {
    return bytes.readBigUInt64LE(index * 16) * 1_000_000_000n + bytes.readBigUInt64LE(index * 16 + 8);
  });
}

const programs: Readonly<Record<TinyProgram, string>> = {
  stamp: `
      4883ec10              ; sub rsp, 16
      b8e4000000 bf01000000 ; clock_gettime(CLOCK_MONOTONIC, …
      4889e6 0f05           ;   rsp)
      b801000000 bf01000000 ; write(1, …
      4889e6 ba10000000 0f05;   rsp, 16)
      b83c000000 31ff 0f05  ; exit(0)`,
  'stamp-signals': `
      4883ec20              ; sub rsp, 32
      48c7042400420000      ; [rsp] = 1 << (SIGUSR1 - 1) | 1 << (SIGTERM - 1)
      b80e000000 31ff 4889e6; rt_sigprocmask(SIG_BLOCK, rsp, …
      31d2 41ba08000000 0f05;   NULL, 8)
      b801000000 bf01000000 ; write(1, …
      4889e6 ba01000000 0f05;   rsp, 1)
      b880000000 4889e7     ; again: rt_sigtimedwait(rsp, …
      31f6 31d2             ;   NULL, NULL, …
      41ba08000000 0f05     ;   8)
      b8e4000000 bf01000000 ; clock_gettime(CLOCK_MONOTONIC, …
      488d742410 0f05       ;   rsp + 16)
      b801000000 bf01000000 ; write(1, …
      488d742410 ba10000000 ;   rsp + 16, 16)
      0f05
      ebc3                  ; jmp again`,
};

const loadAddress = 0x400000n;
const headerBytes = 64 + 56;

/** An ELF file of one segment that is read and executed (elf(5)). */
function elf(code: Buffer): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  header.writeUInt16LE(2, 16); // ET_EXEC
  header.writeUInt16LE(62, 18); // EM_X86_64
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(loadAddress + BigInt(headerBytes), 24); // entry
  header.writeBigUInt64LE(64n, 32); // program headers
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);
  const size = BigInt(headerBytes + code.length);
  header.writeUInt32LE(1, 64); // PT_LOAD
  header.writeUInt32LE(5, 68); // read, execute
  header.writeBigUInt64LE(loadAddress, 80);
  header.writeBigUInt64LE(loadAddress, 88);
  header.writeBigUInt64LE(size, 96);
  header.writeBigUInt64LE(size, 104);
  header.writeBigUInt64LE(0x1000n, 112);
  return Buffer.concat([header, code]);
}
