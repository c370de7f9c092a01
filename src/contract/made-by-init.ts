import { lstatSync, statSync } from 'node:fs';
import { execPath, geteuid } from 'node:process';
import { layoutOf } from './layout.ts';

/**
 * Whether a file at the top of the volume can have been made by `init`: it belongs to root, to this process's own
 * user, to the volume's owner, or to the owner of the program. On a volume that `init` does not own (an emptyDir is
 * root's), any container may have replaced it, but cannot give the replacement another owner.
 *
 * @param owner the user ID
 */
export function madeByInit(root: string, owner: number): boolean {
  if (owner === 0 || owner === geteuid?.()) return true;
  if (statSync(root, { throwIfNoEntry: false })?.uid === owner) return true;
  // A program that was started from elsewhere (an image mounted as a volume) was not installed by init: then check
  // the installed one.
  const program = execPath.startsWith(`${root}/`) ? execPath : layoutOf(root).program;
  return lstatSync(program, { throwIfNoEntry: false })?.uid === owner;
}

/** The clause that explains the rejection. */
export function foreignOwnerReason(owner: number): string {
  return `it belongs to user ${owner}, who did not install the emissary there: another container may have replaced it`;
}
