import { constants, fchmodSync } from 'node:fs';
import { pid } from 'node:process';
import { openBeneath, removeWithin } from '../kernel/open-beneath.ts';

/** A file that is being written, by the process with this id. */
const temporaryName = /^\.emissary\.[0-9]+\.tmp$/;

/** Whether a file of this name was not published by whoever wrote it. */
export function isUnpublished(name: string): boolean {
  return temporaryName.test(name);
}

/**
 * Creates a file that is to be renamed when it is whole. Its name is short: the one that it will have may be as long as a
 * name can be.
 *
 * @param parent a descriptor of the directory
 * @returns its name, and a descriptor for writing, which the caller closes
 */
export function createBeside(parent: number, mode: number): { readonly name: string; readonly file: number } {
  const name = `.emissary.${pid}.tmp`;
  removeWithin(parent, name);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  const file = openBeneath(parent, name, flags, mode);
  fchmodSync(file, mode);
  return { name, file };
}
