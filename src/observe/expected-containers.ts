import { Fault } from '../base/fault.ts';
import { log } from '../base/log.ts';
import type { Volume } from '../contract/volume.ts';
import { mainContainers } from '../settings/template/template.ts';
import { readTemplate } from './read-template.ts';

/**
 * The containers that the template names, for a person who looks or asks: a template that cannot be read is said, and
 * names none, so that he gets on with what there is.
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
