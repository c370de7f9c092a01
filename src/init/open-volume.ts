import { chmodSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { geteuid } from 'node:process';
import { Fault } from '../base/fault.ts';
import type { Layout } from '../contract/layout.ts';
import { requireMounted } from '../contract/require-mounted.ts';
import { makeDirectory } from './make-directory.ts';
import { writing } from './writing.ts';

/** All users may make and replace files: the containers of a pod run as users that do not know each other. */
const forEveryone = 0o777;
/** In the root, nobody may replace what others have put there: the program, its template, the inputs. */
const eachHisOwn = 0o1777;

/**
 * Makes the directories that the containers share, writable for any user whatever the umask.
 * @throws Fault `volume` when the root cannot be made or written, or is no volume
 */
export function openVolume(layout: Layout): void {
  writing(layout.root, () => makeRoot(layout.root));
  requireMounted(layout.root);
  shareWithEveryone(layout.root, statSync(layout.root).uid, eachHisOwn);
  for (const directory of [layout.containers, layout.outputs, layout.parameters, layout.artifacts]) {
    writing(directory, () => makeDirectory(directory, forEveryone));
    shareWithEveryone(directory, lstatSync(directory).uid, forEveryone);
  }
}

/**
 * Makes the root and what is missing above it. Not by `recursive`, which never ends in a directory that takes no
 * files, such as /proc. The root may be reached through links of the container's own file system.
 */
function makeRoot(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (found !== undefined) throw new Fault('volume', `Cannot write "${path}": it is not a directory`);
  makeRoot(dirname(path));
  mkdirSync(path);
}

/** The mode can be changed by the owner only; a volume that came with another one is as its maker wanted it. */
function shareWithEveryone(directory: string, owner: number, wanted: number): void {
  const own = geteuid?.() ?? -1;
  if (own !== owner && own !== 0) return;
  const mode = statSync(directory).mode & 0o7777;
  if ((mode & wanted) !== wanted) writing(directory, () => chmodSync(directory, mode | wanted));
}
