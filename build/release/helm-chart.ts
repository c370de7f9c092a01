import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { reproducibleTar } from './reproducible-tar.ts';

/** The operator's chart in the tree. Its links are files in the packed one: the definition and the rights have one home. */
const chartDirectory = 'images/chart';
/** Its name, which is that of the directory in the packed file, too. */
export const chartName = 'multiflexi-emissary-operator';

/** What to pack. */
export interface ChartIngredients {
  /** A directory for the chart, which is made. */
  readonly work: string;
  /** The packed file. */
  readonly output: string;
  /** The time that all of it bears, since 1970. */
  readonly seconds: number;
}

/** Packs the operator's chart as `helm package` does; the same tree gives the same bytes. */
export async function packChart({ work, output, seconds }: ChartIngredients): Promise<void> {
  await copyPlain(chartDirectory, join(work, chartName));
  await writeFile(output, await promisify(gzip)(await reproducibleTar(work, seconds)));
}

/** Copies a directory: links become what they lead to, and modes are the same whatever the umask was. */
async function copyPlain(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await chmod(to, 0o755);
  for (const name of await readdir(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    if ((await stat(source)).isDirectory()) await copyPlain(source, target);
    else {
      await writeFile(target, await readFile(source));
      await chmod(target, 0o644);
    }
  }
}
