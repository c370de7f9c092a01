import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type ContainerStart, imageArchive } from './image-archive.ts';
import { runDirectory } from './places.ts';
import { withLock } from './with-lock.ts';

/** Making an archive and importing it takes less, ms. */
const importBoundMs = 5 * 60_000;

/** Makes an image of a directory that `fill` fills, and gives it to the cluster, which keeps it for the next test. */
export async function importImage(
  image: string,
  start: ContainerStart,
  fill: (directory: string) => void | Promise<void>,
): Promise<void> {
  const mark = join(runDirectory, 'images', encodeURIComponent(image));
  await withLock(`${mark}.lock`, `the import of ${image}`, importBoundMs, async () => {
    const work = await mkdtemp(join(tmpdir(), 'emissary-image-'));
    try {
      const tree = join(work, 'tree');
      await mkdir(tree);
      await fill(tree);
      const archive = await imageArchive(tree, image, start, join(work, 'parts'));
      const hash = createHash('sha256').update(archive).digest('hex');
      if (existsSync(mark) && (await readFile(mark, 'utf8')) === hash) return;
      await writeFile(join(work, 'image.tar'), archive);
      await importArchive(join(work, 'image.tar'));
      await writeFile(mark, hash);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
}

/** Gives the cluster an image from an archive of `docker save`, `podman save` or an OCI layout. */
async function importArchive(file: string): Promise<void> {
  const address = ['--address', join(runDirectory, 'containerd.sock'), '--namespace', 'k8s.io'];
  await execa('ctr', [...address, 'images', 'import', file]);
}
