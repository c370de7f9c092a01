import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { pid } from 'node:process';
import { Fault } from '../base/fault.ts';
import { defaultRoot } from './layout.ts';

/**
 * Rejects a volume that is not mounted: what a container's first process writes below the default root is lost with
 * the container, and no other container sees it. With another root, or in another process, this may be intended.
 *
 * @throws Fault `volume`
 */
export function requireMounted(root: string): void {
  if (pid !== 1 || root !== defaultRoot) return;
  const mount = mountOf(root);
  if (mount === null || mount !== mountOf('/')) return;
  throw new Fault(
    'volume',
    `Nothing is mounted at "${root}": mount the job's volume there in every container of the job (or elsewhere, with --root)`,
  );
}

/** The ID of the mount that a path is on (proc_pid_fdinfo(5)); null if unknown. */
function mountOf(path: string): string | null {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      return /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${file}`, 'latin1'))?.[1] ?? null;
    } finally {
      closeSync(file);
    }
  } catch {
    return null; // Whoever uses the path reports what is wrong.
  }
}
