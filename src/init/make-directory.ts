import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { errnoOf, Fault } from '../base/fault.ts';

/**
 * Makes a directory with this mode, whatever the umask; an existing one is left unchanged. A link in its place is not
 * followed: on a shared volume it may be anyone's.
 *
 * @throws Fault `volume` if something else is in its place; the operating system's error otherwise
 */
export function makeDirectory(path: string, mode: number): void {
  try {
    mkdirSync(path);
    chmodSync(path, mode);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    if (!lstatSync(path).isDirectory())
      throw new Fault('volume', `Cannot write "${path}": it is not a directory`);
  }
}
