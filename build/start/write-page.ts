import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** Where the pages are, relative to the project. */
const directory = 'dist/pages';

/**
 * Writes the page of a job.
 *
 * @param root the job's volume
 * @returns its path; null: nothing is there to show, or it could not be written, which has been said
 */
export async function writePage(program: string, root: string, jobId: number): Promise<string | null> {
  if (!existsSync(join(root, 'ctr'))) return null;
  await mkdir(directory, { recursive: true });
  const file = join(directory, `job-${jobId}.html`);
  const args = ['page', '--root', root, '--title', `Job ${jobId}`, '--output', file];
  const { exitCode } = await execa(program, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    reject: false,
  });
  return exitCode === 0 ? file : null;
}
