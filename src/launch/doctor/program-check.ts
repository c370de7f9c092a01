import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { version } from '../../version.ts';
import { podProgram } from '../job/installed-program.ts';
import { type Check, failed, ok, warning } from './check.ts';

/** The program of the pod is beside ours, starts, and has our version. */
export function programCheck(own: string): Check {
  const remedy = 'install the program emissary of the same release beside multiflexi-emissary';
  return {
    name: 'pod program',
    remedy,
    async examine(cancelSignal) {
      const path = pathOf(own);
      if (path === null) return failed(`${join(dirname(own), 'emissary')} does not exist`, remedy);
      const ended = await execa(path, ['--version'], {
        env: {},
        extendEnv: false,
        // Ours may have been removed.
        cwd: '/',
        reject: false,
        cancelSignal,
      });
      const said = ended.stdout.trim();
      if (ended.exitCode !== 0 || !said.startsWith('emissary '))
        return failed(`${path} does not start: ${ended.stderr.trim() || ended.shortMessage || said}`, remedy);
      const found = `${path}, version ${said.slice('emissary '.length)}`;
      return said === `emissary ${version}`
        ? ok(found)
        : warning(`${found}; this program has version ${version}`, remedy);
    },
  };
}

function pathOf(own: string): string | null {
  try {
    return podProgram(own);
  } catch {
    return null;
  }
}
