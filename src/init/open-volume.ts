import { chmodSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { geteuid } from 'node:process';
import { Fault } from '../base/fault.ts';
import type { Layout } from '../contract/layout.ts';
import { requireMounted } from '../contract/require-mounted.ts';
import { makeDirectory } from './make-directory.ts';
import { writing } from './writing.ts';

/** All users may create and replace files: the containers of a pod run as unrelated users. */
const forEveryone = 0o777;
/** In the root, no user may replace another's files: the program, its template, the inputs. */
const stickyForEveryone = 0o1777;

/**
 * Makes the directories that the containers share, writable for any user, whatever the umask.
 *
 * @throws Fault `volume` if the root cannot be created or written, or is not a volume
 */
export function openVolume(layout: Layout): void {
  writing(layout.root, () => makeRoot(layout.root));
  requireMounted(layout.root);
  shareWithEveryone(layout.root, statSync(layout.root).uid, stickyForEveryone);
  for (const directory of [layout.containers, layout.outputs, layout.parameters, layout.artifacts]) {
    writing(directory, () => makeDirectory(directory, forEveryone));
    shareWithEveryone(directory, lstatSync(directory).uid, forEveryone);
  }
}

/**
 * Makes the root and its missing parents. Does not use `recursive`, which never returns in a directory that accepts
 * no files, such as /proc. The root may be reached through links of the container's own file system.
 */
function makeRoot(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (found !== undefined) throw new Fault('volume', `Cannot write "${path}": it is not a directory`);
  makeRoot(dirname(path));
  mkdirSync(path);
}

/** Only the owner can change the mode; a volume with another mode is as its creator wanted it. */
function shareWithEveryone(directory: string, owner: number, wanted: number): void {
  const own = geteuid?.() ?? -1;
  if (own !== owner && own !== 0) return;
  const mode = statSync(directory).mode & 0o7777;
  if ((mode & wanted) !== wanted) writing(directory, () => chmodSync(directory, mode | wanted));
}
