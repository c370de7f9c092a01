import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { getuid } from 'node:process';
import { Fault } from '../../base/fault.ts';
import type { CommandLine } from '../cli/command-line.ts';
import type { Environment } from '../cli/environment.ts';

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
  const state = environment.get('XDG_STATE_HOME');
  if (state !== null) return join(state, 'multiflexi-emissary');
  const home = environment.get('HOME') ?? homeOf();
  if (home !== null) return join(home, '.local/state/multiflexi-emissary');
  throw new Fault(
    'usage',
    'This user has no home directory to keep launched jobs in; choose a directory with --state',
  );
}

/** Null for a user ID without an entry in the user database. */
function homeOf(): string | null {
  try {
    return homedir();
  } catch {
    return null;
  }
}

function isOurs(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.uid === getuid?.();
}
