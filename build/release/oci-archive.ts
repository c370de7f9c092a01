import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Platform } from '../architecture.ts';
import { imageConfig } from './image-config.ts';
import { type Descriptor, digestOf, OciBlobs } from './oci-blobs.ts';
import { reproducibleTar } from './reproducible-tar.ts';
import type { SourceState } from './source-state.ts';

/** What the image is made of. */
export interface ImageIngredients {
  /** The processors; each has its tree in `dist/image`. */
  readonly platforms: readonly Platform[];
  readonly version: string;
  readonly source: SourceState;
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

/** Writes the image as an OCI archive: one image for several processors, each with one layer. */
export async function makeOciArchive(ingredients: ImageIngredients): Promise<void> {
  const { platforms, version, source, work, output } = ingredients;
  const blobs = new OciBlobs(work);
  const manifests = await Promise.all(platforms.map((platform) => addManifest(blobs, platform, ingredients)));
  const index = await blobs.addJson(types.index, { schemaVersion: 2, mediaType: types.index, manifests });
  const annotations = { 'org.opencontainers.image.ref.name': `multiflexi-emissary:${version}` };
  await mkdir(work, { recursive: true });
  await writeJson(join(work, 'oci-layout'), { imageLayoutVersion: '1.0.0' });
  // Podman takes a layout with one entry for one image: that entry is the index of its processors.
  await writeJson(join(work, 'index.json'), {
    schemaVersion: 2,
    mediaType: types.index,
    manifests: [{ ...index, annotations }],
  });
  await writeFile(output, await reproducibleTar(work, source.seconds));
}

async function addManifest(
  blobs: OciBlobs,
  { oci }: Platform,
  ingredients: ImageIngredients,
): Promise<object> {
  const { version, source } = ingredients;
  const layer = await reproducibleTar(`dist/image/${oci}`, source.seconds);
  const packed: Descriptor = await blobs.add(types.layer, await promisify(gzip)(layer));
  const created = new Date(source.seconds * 1000).toISOString();
  const config = await blobs.addJson(types.config, {
    created,
    architecture: oci,
    os: 'linux',
    config: imageConfig(version, source),
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
    history: [{ created, comment: 'npm run release' }],
  });
  const manifest = { schemaVersion: 2, mediaType: types.manifest, config, layers: [packed] };
  return {
    ...(await blobs.addJson(types.manifest, manifest)),
    platform: { architecture: oci, os: 'linux' },
  };
}

async function writeJson(file: string, value: object): Promise<void> {
  await writeFile(file, JSON.stringify(value));
}
