import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartError } from './start-error.ts';

/** The temporary directory of one `npm start`: the shared volume, and the job's own files. */
export class Workspace {
  readonly directory: string;
  /** The volume's root, shared by the three roles. */
  readonly root: string;
  /** The job's own directory: its results before the emissary saves them. */
  readonly work: string;
  /** The job's progress file (the volume's `progress`). */
  readonly progress: string;

  private constructor(directory: string) {
    this.directory = directory;
    this.root = join(directory, 'volume');
    this.work = join(directory, 'work');
    this.progress = join(this.root, 'progress');
  }

  /**
   * Creates it in the system's temporary directory (TMPDIR).
   *
   * @throws StartError if that cannot be written
   */
  static async make(): Promise<Workspace> {
    const made = mkdtemp(join(tmpdir(), 'multiflexi-emissary-'));
    const directory = await made.catch((cause) => {
      throw new StartError(`Cannot create a temporary directory (TMPDIR): ${(cause as Error).message}`, {
        cause,
      });
    });
    const workspace = new Workspace(directory);
    await mkdir(workspace.root);
    await mkdir(workspace.work);
    return workspace;
  }

  /**
   * Removes it, unless it should be kept.
   *
   * @returns its path, or null
   */
  async close(keep: boolean): Promise<string | null> {
    if (keep) return this.directory;
    await rm(this.directory, { recursive: true, force: true, maxRetries: 3 });
    return null;
  }
}
