import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartError } from './start-error.ts';

/** The temporary directory of one start: the shared volume, and what the job writes for itself. */
export class Place {
  readonly directory: string;
  /** The root that the three roles share. */
  readonly root: string;
  /** The job's own: its results before the emissary takes them. */
  readonly work: string;
  /** Where the job says how far it is (the volume's `progress`). */
  readonly progress: string;

  private constructor(directory: string) {
    this.directory = directory;
    this.root = join(directory, 'volume');
    this.work = join(directory, 'work');
    this.progress = join(this.root, 'progress');
  }

  /**
   * Makes it in the system's temporary directory (TMPDIR).
   * @throws StartError when that cannot be written
   */
  static async make(): Promise<Place> {
    const made = mkdtemp(join(tmpdir(), 'multiflexi-emissary-'));
    const directory = await made.catch((cause) => {
      throw new StartError(`Cannot make a temporary directory (TMPDIR): ${(cause as Error).message}`, {
        cause,
      });
    });
    const place = new Place(directory);
    await mkdir(place.root);
    await mkdir(place.work);
    return place;
  }

  /**
   * Removes it, unless it is to be kept.
   * @returns where it is, or null
   */
  async leave(keep: boolean): Promise<string | null> {
    if (keep) return this.directory;
    await rm(this.directory, { recursive: true, force: true, maxRetries: 3 });
    return null;
  }
}
