import { lstatSync, statSync } from 'node:fs';
import { execPath, geteuid } from 'node:process';
import { layoutOf } from './layout.ts';

/**
 * Whether what stands directly on the volume can be what `init` has put there: it belongs to root, to this process's own
 * user, to the volume's owner, or to the owner of the program. On a volume that is not `init`'s own (an emptyDir is
 * root's), any container may have replaced it; whoever does cannot give it another owner.
 *
 * @param owner the user's number
 */
export function madeByInit(root: string, owner: number): boolean {
  if (owner === 0 || owner === geteuid?.()) return true;
  if (statSync(root, { throwIfNoEntry: false })?.uid === owner) return true;
  // One that was started elsewhere (an image as a volume) is not init's: then the installed one tells.
  const program = execPath.startsWith(`${root}/`) ? execPath : layoutOf(root).program;
  return lstatSync(program, { throwIfNoEntry: false })?.uid === owner;
}

/** The clause that says why it is refused. */
export function strangersReason(owner: number): string {
  return `it belongs to user ${owner}, who did not install the emissary there: another container may have replaced it`;
}
