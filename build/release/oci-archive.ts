import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Platform } from '../architecture.ts';
import { type ImageTitle, imageConfig } from './image-config.ts';
import { licencesFile } from './licences.ts';
import { blobPath, type Descriptor, digestOf, OciBlobs } from './oci-blobs.ts';
import { reproducibleTar } from './reproducible-tar.ts';
import type { SourceState } from './source-state.ts';

/** What the image is made of. */
export interface ImageIngredients {
  readonly title: ImageTitle;
  /** A directory with a tree for each processor. */
  readonly trees: string;
  readonly platforms: readonly Platform[];
  readonly version: string;
  readonly source: SourceState;
  /** The texts of all licences in it. */
  readonly licences: string;
  /** A directory for the layout. */
  readonly work: string;
  /** The archive's file. */
  readonly output: string;
}

const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;

/**
 * Writes the image as an OCI archive: one image for several processors, each with one layer. Docker without containerd's
 * image store does not read that: for it, `manifest.json` names the same blobs, as `docker save` does. It knows one
 * processor per image, so each has a tag of its own.
 */
export async function makeOciArchive(ingredients: ImageIngredients): Promise<void> {
  const { title, platforms, version, source, work, output } = ingredients;
  const blobs = new OciBlobs(work);
  const images = await Promise.all(platforms.map((platform) => addImage(blobs, platform, ingredients)));
  const manifests = images.map(({ manifest }) => manifest);
  const index = await blobs.addJson(types.index, { schemaVersion: 2, mediaType: types.index, manifests });
  const annotations = { 'org.opencontainers.image.ref.name': `${title.name}:${version}` };
  await mkdir(work, { recursive: true });
  await writeJson(join(work, 'oci-layout'), { imageLayoutVersion: '1.0.0' });
  // Podman takes a layout with one entry for one image: that entry is the index of its processors.
  await writeJson(join(work, 'index.json'), {
    schemaVersion: 2,
    mediaType: types.index,
    manifests: [{ ...index, annotations }],
  });
  await writeJson(
    join(work, 'manifest.json'),
    images.map(({ saved }) => saved),
  );
  await writeFile(output, await reproducibleTar(work, source.seconds));
}

/** Adds the image for one processor. */
async function addImage(
  blobs: OciBlobs,
  { oci }: Platform,
  ingredients: ImageIngredients,
): Promise<{ readonly manifest: object; readonly saved: object }> {
  const { title, version, source } = ingredients;
  const tree = join(ingredients.trees, oci);
  await writeFile(join(tree, licencesFile), ingredients.licences, { mode: 0o444 });
  const layer = await reproducibleTar(tree, source.seconds);
  const packed: Descriptor = await blobs.add(types.layer, await promisify(gzip)(layer));
  const created = new Date(source.seconds * 1000).toISOString();
  const config = await blobs.addJson(types.config, {
    created,
    architecture: oci,
    os: 'linux',
    config: imageConfig(title, version, source),
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
    history: [{ created, comment: 'npm run release' }],
  });
  const manifest = { schemaVersion: 2, mediaType: types.manifest, config, layers: [packed] };
  const described = await blobs.addJson(types.manifest, manifest);
  return {
    manifest: { ...described, platform: { architecture: oci, os: 'linux' } },
    saved: {
      Config: blobPath(config),
      RepoTags: [`${title.name}:${version}-${oci}`],
      Layers: [blobPath(packed)],
    },
  };
}

async function writeJson(file: string, value: object): Promise<void> {
  await writeFile(file, JSON.stringify(value));
}
