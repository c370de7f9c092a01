import { chmodSync, closeSync, constants, lstatSync, openSync, statSync } from 'node:fs';
import { geteuid } from 'node:process';
import { Fault } from '../base/fault.ts';
import { makeDirectories } from '../base/make-directories.ts';
import type { Layout } from '../contract/layout.ts';
import { requireMounted } from '../contract/require-mounted.ts';
import { lockFile } from '../kernel/lock.ts';
import { makeDirectory } from './make-directory.ts';
import { writing } from './writing.ts';

/** All users may create and replace files: the containers of a pod run as unrelated users. */
const forEveryone = 0o777;
/** In the root, no user may replace another's files: the program, its template, the inputs. */
const stickyForEveryone = 0o1777;

/**
 * Makes the directories that the containers share, writable for any user, whatever the umask, and locks the volume.
 *
 * @throws Fault `volume` if the root cannot be created or written, or is not a volume, or if another `init` is running
 *   there
 */
export function openVolume(layout: Layout): VolumeLock {
  writing(layout.root, () => makeDirectories(layout.root));
  requireMounted(layout.root);
  shareWithEveryone(layout.root, statSync(layout.root).uid, stickyForEveryone);
  for (const directory of [layout.containers, layout.outputs, layout.parameters, layout.artifacts]) {
    writing(directory, () => makeDirectory(directory, forEveryone));
    shareWithEveryone(directory, lstatSync(directory).uid, forEveryone);
  }
  const held = lock(layout.root);
  return {
    release: () => {
      if (held !== null) closeSync(held);
    },
  };
}

/** The lock of a volume; held for the life of the process unless it is released. */
export interface VolumeLock {
  release(): void;
}

/** Only the owner can change the mode; a volume with another mode is as its creator wanted it. */
function shareWithEveryone(directory: string, owner: number, wanted: number): void {
  const own = geteuid?.() ?? -1;
  if (own !== owner && own !== 0) return;
  const mode = statSync(directory).mode & 0o7777;
  if ((mode & wanted) !== wanted) writing(directory, () => chmodSync(directory, mode | wanted));
}

/**
 * Locks the volume for this `init`: two at a time would remove each other's files, and
 * one could succeed with a half-installed volume. The lock is on the directory itself and leaves nothing behind.
 */
function lock(root: string): number | null {
  let directory: number;
  try {
    directory = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return null; // This user may write but not read it: it stays unlocked, as on a volume without locks.
  }
  if (lockFile(directory) !== 'taken') return directory;
  throw new Fault('volume', `Cannot use the volume ${root}: another init is at work there`);
}
