import type { Architecture } from '../architecture.ts';
import { armBootstrap } from './arm64.ts';
import { fromBytes, fromInstructions } from './listing.ts';
import { staticProgram } from './static-program.ts';
import { x86Bootstrap } from './x86-64.ts';

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
  return staticProgram(architecture, code, texts(runtime));
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
