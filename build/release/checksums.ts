import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Writes `SHA256SUMS` for all files of a directory, as sha256sum(1) reads it. */
export async function writeChecksums(directory: string): Promise<void> {
  const files = (await readdir(directory)).sort();
  const lines = await Promise.all(
    files.map(async (file) => `${await sha256(join(directory, file))}  ${file}\n`),
  );
  await writeFile(join(directory, 'SHA256SUMS'), lines.join(''));
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
