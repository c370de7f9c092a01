import { isAbsolute } from 'node:path';
import { Fault } from '../../base/fault.ts';
import type { Environment } from './environment.ts';

/**
 * A directory that no job can access, for the state that lets a killed `wait` resume (EMISSARY_SPOOL_DIR); null = the
 * shared volume.
 *
 * @throws Fault `usage`
 */
export function spoolDirectory(environment: Environment): string | null {
  const directory = environment.get('EMISSARY_SPOOL_DIR');
  if (directory === null || isAbsolute(directory)) return directory;
  throw new Fault('usage', `EMISSARY_SPOOL_DIR: "${directory}" is not an absolute path`);
}
