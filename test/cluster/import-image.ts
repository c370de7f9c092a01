import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type ImageStart, imageArchive } from './image-archive.ts';
import { runDirectory } from './places.ts';
import { withLock } from './with-lock.ts';

/** Making an archive and importing it takes less, ms. */
const importBoundMs = 5 * 60_000;

/**
 * Makes an image of a directory that `fill` fills, and gives it to the cluster: once, however many tests need it. Its
 * name must stand for its content.
 */
export async function importImage(
  image: string,
  start: ImageStart,
  fill: (directory: string) => void | Promise<void>,
): Promise<void> {
  const mark = join(runDirectory, 'images', encodeURIComponent(image));
  await withLock(`${mark}.lock`, `the import of ${image}`, importBoundMs, async () => {
    if (existsSync(mark)) return;
    const work = await mkdtemp(join(tmpdir(), 'emissary-image-'));
    try {
      const tree = join(work, 'tree');
      await mkdir(tree);
      await fill(tree);
      const archive = join(work, 'image.tar');
      await writeFile(archive, await imageArchive(tree, image, start, join(work, 'parts')));
      await importArchive(archive);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    await writeFile(mark, '');
  });
}

/** Gives the cluster an image from an archive of `docker save`, `podman save` or an OCI layout. */
export async function importArchive(file: string): Promise<void> {
  const address = ['--address', join(runDirectory, 'containerd.sock'), '--namespace', 'k8s.io'];
  await execa('ctr', [...address, 'images', 'import', file]);
}
