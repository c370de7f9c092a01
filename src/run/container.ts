import { chmodSync, existsSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { displace } from '../base/displace.ts';
import { errnoText } from '../base/errno-text.ts';
import { errnoOf, Fault, messageOf } from '../base/fault.ts';
import type { ContainerLayout, Layout } from '../contract/layout.ts';
import { holdFifo } from '../kernel/lock.ts';

/**
 * Makes a container's directory this wrapper's own for the life of the process: `alive` is held, and what an earlier
 * run left there is gone, the seal first. A signal request stays: it may have been left for this run.
 *
 * @throws Fault `volume` when the volume cannot be written, or another emissary runs this container
 */
export function openContainer(layout: Layout, name: string): ContainerLayout {
  const container = layout.container(name);
  try {
    restoreDirectory(container.directory);
    if (isDirectory(container.alive)) displace(container.alive);
    const held = holdFifo(container.alive);
    if (held === 'taken') {
      throw new Fault(
        'volume',
        `Cannot run container ${name}: another emissary runs it in ${container.directory}`,
      );
    }
    if (held !== 'held') throw new Error(`cannot make or lock ${container.alive}: ${errnoText(held.errno)}`);
    const { exitCode, result, started, ended, saving, combined } = container;
    for (const path of [exitCode, result, started, ended, saving, combined]) displace(path);
    return container;
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault('volume', `Cannot use the volume ${layout.root}: ${messageOf(error)}`, { cause: error });
  }
}

/** Makes a container's directory and the one above where there is none, and where a job has put something else there. */
export function restoreDirectory(directory: string): void {
  for (const place of [dirname(directory), directory]) {
    removeOther(place);
    makeShared(place);
  }
}

/**
 * Removes what is no directory; a link too: the sidecar follows none. A directory that somebody makes in the same moment
 * stays: there may be a request in it.
 */
function removeOther(place: string): void {
  const found = lstatSync(place, { throwIfNoEntry: false });
  if (found === undefined || found.isDirectory()) return;
  try {
    unlinkSync(place);
  } catch (error) {
    if (!['ENOENT', 'EISDIR'].includes(errnoOf(error) ?? '')) throw error;
  }
}

/** Makes a directory that any user may work in, whatever the umask; somebody else's is taken as it is. */
function makeShared(directory: string): void {
  if (existsSync(directory)) return;
  try {
    mkdirSync(directory);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return;
    throw error;
  }
  chmodSync(directory, 0o777);
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
