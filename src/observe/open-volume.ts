import { Fault, messageOf } from '../base/fault.ts';
import { Volume } from '../contract/volume.ts';

/**
 * Opens the shared volume.
 * @param template the one that the reader was given, or null
 * @throws Fault `volume` if it does not exist
 */
export function openVolume(root: string, template: Volume['givenTemplate'] = null): Volume {
  try {
    return new Volume(root, template);
  } catch (cause) {
    throw new Fault('volume', `Cannot open the shared volume "${root}": ${messageOf(cause)}`, { cause });
  }
}
