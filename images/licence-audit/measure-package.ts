import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Adds up the lengths of a package's files. What is in its own node_modules belongs to other packages; a link counts
 * for nothing, since it is not followed.
 *
 * @returns bytes
 * @throws the operating system's error when something of it cannot be read
 */
export async function measurePackage(directory: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory() && entry.name !== 'node_modules') bytes += await measurePackage(path);
    else if (entry.isFile()) bytes += (await lstat(path)).size;
  }
  return bytes;
}
