import type { Architecture } from '../architecture.ts';
import { armBootstrap } from './arm64.ts';
import { fromBytes, fromInstructions } from './listing.ts';
import { x86Bootstrap } from './x86-64.ts';

const headerBytes = 64 + 2 * 56;
const address = 0x400000n;

/**
 * Builds the static program at `<root>/emissary`. It starts without a loader, library or runtime, so nothing that the
 * image sets for its own programs can affect it. It
 *
 * 1. blocks every signal, so that none is lost while the runtime starts: signals stay pending until `run` unblocks
 *    them;
 * 2. disguises the name of every variable in place, by flipping the highest bit of its first byte;
 * 3. finds itself (/proc/self/exe, or else the path that was executed): the volume may be mounted anywhere;
 * 4. executes the loader next to it, which starts the program with the libraries there. Its arguments are
 *    `emissary --inhibit-cache --library-path <directory> <program>`, followed by its own.
 *
 * `src/settings/cli/bootstrapped.ts` is the other side of this.
 *
 * @param runtime the runtime's directory, relative to the bootstrap's
 */
export function bootstrap(architecture: Architecture, runtime: string): Buffer {
  const code = { x64: () => fromBytes(x86Bootstrap), arm64: () => fromInstructions(armBootstrap) }[
    architecture
  ]();
  const image = Buffer.concat([code, padding(code), texts(runtime)]);
  return Buffer.concat([elfHeader(architecture, image.length), image]);
}

/** The texts that the code refers to, in this order; the code contains the offsets of all but the runtime's name. */
function texts(runtime: string): Buffer {
  // The code contains the distances between the texts.
  if (runtime.length !== 'runtime/0123456789ab'.length) throw new Error(`Invalid runtime name: ${runtime}`);
  const strings = [
    '/proc/self/exe',
    `${runtime}/ld.so`,
    runtime,
    `${runtime}/program`,
    '--inhibit-cache',
    '--library-path',
    'emissary',
  ];
  const message =
    'emissary: cannot start: no directory runtime/ next to the program, or the command line is too long\n';
  return Buffer.from(`${strings.join('\0')}\0${message}`);
}

function padding(code: Buffer): Buffer {
  return Buffer.alloc(-code.length & 7);
}

/** One segment to read and execute, and a stack that is not executable (elf(5)). */
function elfHeader(architecture: Architecture, imageBytes: number): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // 64 bits, little-endian
  header.writeUInt16LE(2, 16); // ET_EXEC
  header.writeUInt16LE({ x64: 62, arm64: 183 }[architecture], 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(address + BigInt(headerBytes), 24); // the entry
  header.writeBigUInt64LE(64n, 32); // program headers
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(2, 56);
  header.writeUInt32LE(1, 64); // PT_LOAD
  header.writeUInt32LE(5, 68); // read, execute
  header.writeBigUInt64LE(address, 80);
  header.writeBigUInt64LE(address, 88);
  header.writeBigUInt64LE(BigInt(headerBytes + imageBytes), 96);
  header.writeBigUInt64LE(BigInt(headerBytes + imageBytes), 104);
  header.writeBigUInt64LE(0x10000n, 112); // the largest page of either processor
  header.writeUInt32LE(0x6474e551, 120); // PT_GNU_STACK
  header.writeUInt32LE(6, 124); // read, write
  header.writeBigUInt64LE(16n, 168);
  return header;
}
