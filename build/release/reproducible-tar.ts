import { readdir } from 'node:fs/promises';
import { execa } from 'execa';

/** No tar of a release is larger, bytes. */
const largest = 2 ** 30;

/**
 * Packs all of a directory: the same content gives the same archive, whoever owns the files and whenever they were made.
 *
 * @param seconds the time that every entry bears, since 1970
 */
export async function reproducibleTar(directory: string, seconds: number): Promise<Uint8Array> {
  const options = ['--format=ustar', '--sort=name', '--owner=0', '--group=0', '--numeric-owner'];
  const entries = (await readdir(directory)).sort();
  const { stdout } = await execa(
    'tar',
    [...options, `--mtime=@${seconds}`, '--directory', directory, '--create', '--', ...entries],
    { encoding: 'buffer', maxBuffer: largest },
  );
  return stdout;
}
