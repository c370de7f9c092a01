import { existsSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { umask } from 'node:process';
import { displace } from '../base/displace.ts';
import { errnoText } from '../base/errno-text.ts';
import { errnoOf, Fault, messageOf } from '../base/fault.ts';
import type { ContainerLayout, Layout } from '../contract/layout.ts';
import { holdFifo } from '../kernel/lock.ts';

/**
 * Claims a container's directory for the life of the process: holds `alive` and removes what an earlier run left there,
 * the seal first. A signal request stays, since it may be meant for this run.
 *
 * @throws Fault `volume` when the volume is not writable, or another emissary runs this container
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
    const { exitCode, result, started, ended, saving, combined, usage, paused, resume } = container;
    const records = [exitCode, result, started, ended, saving, combined, usage, paused, resume];
    for (const path of records) displace(path);
    return container;
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault('volume', `Cannot use the volume ${layout.root}: ${messageOf(error)}`, { cause: error });
  }
}

/** Creates a container's directory and its parent if they are missing, or if the job has replaced them. */
export function restoreDirectory(directory: string): void {
  for (const place of [dirname(directory), directory]) {
    removeOther(place);
    makeShared(place);
  }
}

/**
 * Removes anything but a directory. Links go too, since the reporter follows none. A directory that appears meanwhile
 * stays: it may hold a request.
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

/** Makes a directory that any user may write, whatever the umask. An existing directory is used as it is. */
function makeShared(directory: string): void {
  if (existsSync(directory)) return;
  // Not made first and opened to others later: another container may use it at once.
  const before = umask(0);
  try {
    mkdirSync(directory, 0o777);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return;
    throw error;
  } finally {
    umask(before);
  }
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
