import { join } from 'node:path';

/**
 * Where an input is staged: the inputs' tree is as the main container's will be, so that one input may lie in another.
 * @param inputs the directory of all inputs: `<root>/inputs`, or the one that will become it
 * @param path the input's own path
 */
export function stagedPath(inputs: string, path: string): string {
  return join(inputs, 'artifacts', path);
}
