import type { Architecture } from '../architecture.ts';
import { armLauncher } from './arm64.ts';
import { fromArgs, fromBytes } from './listing.ts';
import { x86Launcher } from './x86-64.ts';

const headerBytes = 64 + 2 * 56;
const address = 0x400000n;

/**
 * Makes the static program that stands at `<root>/emissary`. No loader, no library and no runtime is involved in its
 * start, so nothing that the image sets for its own programs can touch it. It
 *
 * 1. blocks every signal, so that none is lost while the runtime starts: it stays pending until `run` asks for it;
 * 2. makes the name of every variable unrecognisable in place, by flipping the highest bit of its first byte;
 * 3. finds itself (/proc/self/exe, else the path it was executed by): the volume may be mounted anywhere;
 * 4. executes the loader that stands beside it, which starts the program with the libraries that stand there, with
 *    the words `emissary:<old signal mask> --inhibit-cache --library-path <directory> <program>` before its own.
 *
 * `src/settings/cli/bootstrapped.ts` is the other side of this.
 *
 * @param runtime the runtime's directory, relative to the launcher's
 */
export function bootstrap(architecture: Architecture, runtime: string): Buffer {
  const code = { x64: () => fromBytes(x86Launcher), arm64: () => fromArgs(armLauncher) }[architecture]();
  const image = Buffer.concat([code, padding(code), texts(runtime)]);
  return Buffer.concat([elfHeader(architecture, image.length), image]);
}

/** What the code refers to, in this order; the places of all but the runtime's name are fixed in the code. */
function texts(runtime: string): Buffer {
  // The code holds the distances between the texts.
  if (runtime.length !== 'runtime/0123456789ab'.length)
    throw new Error(`Unfit name of a runtime: ${runtime}`);
  const strings = [
    '/proc/self/exe',
    `${runtime}/ld.so`,
    runtime,
    `${runtime}/program`,
    '--inhibit-cache',
    '--library-path',
  ];
  const message =
    'emissary: cannot start: the directory runtime/ is not beside the program, or the words are too long\n';
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
