import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { getuid } from 'node:process';
import { Fault } from '../../base/fault.ts';
import type { CommandLine } from './command-line.ts';
import type { Environment } from './environment.ts';

/** That of the package, for root or for the user that MultiFlexi's daemon runs as. */
const system = '/var/lib/multiflexi-emissary';

/**
 * Where launched jobs are kept: `--state`, else a directory of this user.
 *
 * @throws Fault `usage` if it is not absolute
 */
export function stateDirectory(line: CommandLine, environment: Environment, source: string): string {
  const given = line.value('state');
  if (given !== null) {
    if (isAbsolute(given)) return given;
    throw new Fault('usage', `${source} is not an absolute path`);
  }
  if (getuid?.() === 0 || isOurs(system)) return system;
  const home = environment.get('HOME') ?? homedir();
  return join(environment.get('XDG_STATE_HOME') ?? join(home, '.local/state'), 'multiflexi-emissary');
}

function isOurs(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.uid === getuid?.();
}
