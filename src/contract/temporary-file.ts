import { constants, fchmodSync } from 'node:fs';
import { pid } from 'node:process';
import { openBeneath, removeWithin } from '../kernel/open-beneath.ts';

/** A file that the process with this ID is writing. */
const temporaryName = /^\.emissary\.[0-9]+\.tmp$/;

/** Whether a file of this name was left unpublished by its writer. */
export function isTemporary(name: string): boolean {
  return temporaryName.test(name);
}

/**
 * Creates a file that is renamed once it is complete. Its own name is short, because the final name may have the
 * maximum length.
 *
 * @param parent a descriptor of the directory
 * @returns its name, and a descriptor for writing, which the caller closes
 */
export function createTemporary(
  parent: number,
  mode: number,
): { readonly name: string; readonly file: number } {
  const name = `.emissary.${pid}.tmp`;
  removeWithin(parent, name);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  const file = openBeneath(parent, name, flags, mode);
  fchmodSync(file, mode);
  return { name, file };
}
