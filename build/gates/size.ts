import { glob, lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Gate } from './gate.ts';

const program = 'dist/emissary';
/** Maximum bytes of the executable, and of an image, which has what `init` puts on a volume: the runtime takes 86 MB. */
const maxBytes = 100_000_000;
/** The operator's image has the larger program, and two pods of a cluster have it, bytes. */
const maxOperatorBytes = 110_000_000;

/** Every pod copies the program and every node caches the image: both must stay small. */
export const size: Gate = {
  name: 'size',
  title: 'the program and its image are within the size limit',
  async check() {
    const found = await lstat(program).catch(() => null);
    if (found === null) return [`${program} does not exist: run npm run build`];
    const sizes = [{ name: program, bytes: found.size, most: maxBytes }];
    for await (const name of glob('dist/{image,operator-image}/*')) {
      const most = name.includes('operator') ? maxOperatorBytes : maxBytes;
      sizes.push({ name, bytes: await totalBytes(name), most });
    }
    return sizes
      .filter(({ bytes, most }) => bytes > most)
      .map(({ name, bytes, most }) => `${name} has ${bytes} bytes, more than ${most}`);
  },
};

async function totalBytes(directory: string): Promise<number> {
  let sum = 0;
  for await (const path of glob(join(directory, '**/*'))) {
    const file = await lstat(path);
    if (file.isFile()) sum += file.size;
  }
  return sum;
}
