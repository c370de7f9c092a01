import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { here } from '../../build/architecture.ts';
import { reproducibleTar } from '../../build/release/reproducible-tar.ts';

/** How containers of an image start. */
export interface ContainerStart {
  readonly entrypoint?: readonly string[];
  readonly user?: string;
}

/**
 * Makes an archive, as `docker save` does, of an image with one layer: a directory's content, owned by root. The same
 * content makes the same image.
 *
 * @param work a directory for it, which must not exist
 * @returns the archive
 */
export async function imageArchive(
  directory: string,
  image: string,
  { entrypoint, user }: ContainerStart,
  work: string,
): Promise<Uint8Array> {
  const layer = await reproducibleTar(directory, 0);
  const config = JSON.stringify({
    architecture: here.oci,
    os: 'linux',
    config: { Entrypoint: entrypoint, User: user, Env: ['PATH=/usr/local/bin:/usr/bin:/bin'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
  });
  const name = `${sha256(config)}.json`;
  await mkdir(work);
  await writeFile(join(work, 'layer.tar'), layer);
  await writeFile(join(work, name), config);
  const manifest = [{ Config: name, RepoTags: [image], Layers: ['layer.tar'] }];
  await writeFile(join(work, 'manifest.json'), JSON.stringify(manifest));
  return await reproducibleTar(work, 0);
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
