import { glob, lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Gate } from './gate.ts';

const program = 'dist/emissary';
/** Bytes of the executable, and of an image: the runtime is 116 MB of them. A pod's volume may hold 130 MB in all. */
const largest = 130_000_000;

/** What every pod copies and every node caches stays small. */
export const size: Gate = {
  name: 'size',
  title: 'the program and its image are no larger than their limit',
  async check() {
    const found = await lstat(program).catch(() => null);
    if (found === null) return [`${program} is not there: npm run build`];
    const sizes = new Map([[program, found.size]]);
    for await (const image of glob('dist/image/*')) sizes.set(image, await bytesBelow(image));
    return [...sizes]
      .filter(([, bytes]) => bytes > largest)
      .map(([name, bytes]) => `${name} has ${bytes} bytes, more than ${largest}`);
  },
};

async function bytesBelow(directory: string): Promise<number> {
  let sum = 0;
  for await (const path of glob(join(directory, '**/*'))) {
    const file = await lstat(path);
    if (file.isFile()) sum += file.size;
  }
  return sum;
}
