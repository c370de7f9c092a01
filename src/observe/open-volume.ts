import { Fault, messageOf } from '../base/fault.ts';
import { Volume } from '../contract/volume.ts';

/** Opens the shared volume. @throws Fault `volume` if it does not exist */
export function openVolume(root: string): Volume {
  try {
    return new Volume(root);
  } catch (cause) {
    throw new Fault('volume', `Cannot open the shared volume "${root}": ${messageOf(cause)}`, { cause });
  }
}
