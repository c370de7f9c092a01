import type { Architecture } from '../architecture.ts';
import { fromBytes, fromInstructions } from '../bootstrap/listing.ts';
import { staticProgram } from '../bootstrap/static-program.ts';
import { armIsolator } from './arm64.ts';
import { x86Isolator } from './x86-64.ts';

/** IFF_UP (netdevice(7)). */
const interfaceUp = 1;

/**
 * Builds the static program that takes the network from a job and becomes the job. Only a process with one thread may
 * enter a user namespace of its own (unshare(2)), and the runtime has several. It is started with `FILE ARGV…` as its
 * arguments, and
 *
 * 1. enters a new user namespace and a new network namespace;
 * 2. reports 0 or minus the errno, an int, and waits for a byte: meanwhile its parent maps the users;
 * 3. takes up the loopback interface of the new namespace, which is the only one there;
 * 4. executes FILE with ARGV and its own environment. The pipe for reports is closed by that; a failure is reported on it.
 *
 * `src/kernel/spawn-isolated.ts` is the other side. It writes the descriptors of the two pipes over the last 8 bytes.
 */
export function isolator(architecture: Architecture): Buffer {
  const code = { x64: () => fromBytes(x86Isolator), arm64: () => fromInstructions(armIsolator) }[
    architecture
  ]();
  return staticProgram(architecture, code, data());
}

/** struct ifreq, then the descriptors. */
function data(): Buffer {
  const bytes = Buffer.alloc(48);
  bytes.write('lo');
  bytes.writeUInt16LE(interfaceUp, 16);
  return bytes;
}
