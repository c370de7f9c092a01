import { statfsSync } from 'node:fs';
import { limits } from '../../base/limits.ts';
import { type Check, failed, ok, warning } from './check.ts';

/** There is space for the jobs' volumes and the installed program. */
export function diskCheck(state: string): Check {
  const remedy = 'free some space, or choose a state directory on a larger disk with --state';
  return {
    name: 'disk space',
    needs: ['state directory'],
    remedy,
    examine() {
      const { bavail, bsize, files, ffree } = statfsSync(state);
      const free = bavail * bsize;
      // Some file systems have no fixed number of files: they report 0.
      if (files > 0 && ffree < limits.stateFiles)
        return failed(`only ${ffree} more files can be made below ${state}`, remedy);
      const found = `${sizeOf(free)} free below ${state}`;
      if (free < limits.stateLeastBytes)
        return failed(`${found}; a job needs at least ${sizeOf(limits.stateLeastBytes)}`, remedy);
      return free < limits.stateLowBytes ? warning(found, remedy) : ok(found);
    },
  };
}

function sizeOf(bytes: number): string {
  const MiB = 2 ** 20;
  return bytes < 1024 * MiB ? `${Math.floor(bytes / MiB)} MiB` : `${(bytes / 1024 / MiB).toFixed(1)} GiB`;
}
