import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault, messageOf } from '../../base/fault.ts';

/** The volume of a native job: a directory that was named, or one of its own that goes when all was reported. */
export interface JobVolume {
  readonly root: string;
  /**
   * Removes a directory of its own.
   * @param keep whether something of it is still needed
   * @returns where it is kept, or null
   */
  leave(keep: boolean): Promise<string | null>;
}

/**
 * @param named the directory that the volume is to be, or null for a new one in the system's temporary directory (TMPDIR)
 * @throws Fault `volume` when it cannot be made
 */
export async function openJobVolume(named: string | null): Promise<JobVolume> {
  try {
    if (named !== null) {
      await mkdir(named, { recursive: true });
      return { root: named, leave: async (keep) => (keep ? named : null) };
    }
    const root = await mkdtemp(join(tmpdir(), 'multiflexi-emissary-'));
    return {
      root,
      leave: async (keep) => {
        if (keep) return root;
        // What a job left there may not be removable; its result does not depend on that.
        return rm(root, { recursive: true, force: true, maxRetries: 3 }).then(
          () => null,
          () => root,
        );
      },
    };
  } catch (cause) {
    throw new Fault('volume', `Cannot make the job's volume ${named ?? '(TMPDIR)'}: ${messageOf(cause)}`, {
      cause,
    });
  }
}
