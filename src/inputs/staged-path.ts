import { join } from 'node:path';

/**
 * Where an input is staged. The tree of inputs mirrors the main container's file system, so one input may be inside
 * another.
 *
 * @param inputs the directory of all inputs: `<root>/inputs`, or its replacement
 * @param path the input's own path
 */
export function stagedPath(inputs: string, path: string): string {
  return join(inputs, 'artifacts', path);
}
