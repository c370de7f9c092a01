import { Fault } from '../base/fault.ts';
import { log } from '../base/log.ts';
import type { Volume } from '../contract/volume.ts';
import { mainContainers } from '../settings/template/template.ts';
import { readTemplate } from './read-template.ts';

/**
 * The containers that the template names, for interactive commands: if the template cannot be read, this logs why and
 * returns none, so that the user still sees what exists.
 */
export async function expectedContainers(volume: Volume): Promise<readonly string[]> {
  try {
    return mainContainers(await readTemplate(volume));
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    log(error.message);
    return [];
  }
}
