import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { limits } from '../base/limits.ts';
import type { Layout } from '../contract/layout.ts';
import type { ArtifactRecord } from '../contract/records.ts';
import type { ArchiveStrategy, OutputArtifact } from '../settings/template/template.ts';
import { copyFile } from './copy-file.ts';
import { bytePath } from './find/byte-path.ts';
import { findRoots } from './find/find-roots.ts';
import type { Member, Root, Walk } from './find/member.ts';
import { type Mode, withAttributes } from './find/member-attributes.ts';
import { membersOf } from './find/members.ts';
import { checkReadable } from './find/read-file.ts';
import { keptPath } from './kept-path.ts';
import type { Masking } from './masking.ts';
import { type Codec, plain } from './pack/codec.ts';
import { gzip } from './pack/gzip.ts';
import { PackedStream } from './pack/packed-stream.ts';
import { writeTar } from './pack/write-tar.ts';
import { writeZip } from './pack/write-zip.ts';
import { zstd } from './pack/zstd.ts';
import { NotSaved } from './reasons.ts';
import { SavedFile } from './saved-file.ts';
import type { Saving } from './saving.ts';
import type { Skipped } from './skipped.ts';

/** One artifact to save. */
export interface ArtifactRequest {
  readonly artifact: Pick<OutputArtifact, 'name' | 'path' | 'archive'>;
  readonly layout: Layout;
  readonly skipped: Skipped;
  /** Maximum bytes of its file; null = no limit. */
  readonly maxBytes: number | null;
  /** Whether its path is literally that of one file, neither a pattern nor a directory. */
  readonly isFile: boolean;
  /** The files of the artifacts saved before, as named in their records. */
  readonly taken: readonly string[];
  /** Masks the secrets in a path. Files on the volume get masked names, since others can read them. */
  readonly masked: (path: string) => string;
  readonly saving: Saving;
  /** Masks secrets in its text files; null: they are saved as they are. */
  readonly masking: Masking | null;
}

/**
 * Saves one artifact, packed as the template says.
 * @throws NotSaved (also Stopped), or the operating system's error, if it could not be saved; no partial file remains
 */
export async function saveArtifact(request: ArtifactRequest): Promise<ArtifactRecord> {
  const { artifact, layout, skipped, maxBytes, isFile, saving, masking } = request;
  const { name, path, archive } = artifact;
  const { roots, pattern } = await findRoots(path, { skipped, saving, plain: isFile });
  const [only] = roots;
  const bare = archive.kind === 'none' && !pattern && only?.stats.isFile() === true;
  if (!pattern && only !== undefined) checkReadable(only);
  const { dev, ino } = statSync(layout.root);
  const place = placeOf(request, bare);
  const file = new SavedFile(layout, place, maxBytes);
  try {
    const attributes = { path: bytePath(path), mode: attributesMode(archive, bare), skipped };
    const walked = members(roots, { skipped, volume: { dev, ino } });
    const found = withAttributes(
      bare || masking === null ? walked : masking.members(walked, skipped),
      attributes,
    );
    const work =
      bare && only !== undefined
        ? copyFile(only, file, { saving, masking })
        : pack(found, archive, { file, skipped, saving });
    await saving.race(work);
    saving.check();
    // Nothing else iterates over the single member of a bare file.
    if (bare) for (const _ of found) saving.countFile();
    const saved = file.publish();
    return {
      name,
      path,
      file: relative(layout.root, place),
      archive: archive.kind,
      ...saved,
      ...(masking?.hasMasked === true && { masked: true }),
    };
  } catch (error) {
    file.discard();
    throw error;
  }
}

/** The path of the file to save to. @throws NotSaved if another artifact is saved there */
function placeOf({ artifact, layout, taken, masked }: ArtifactRequest, bare: boolean): string {
  const { path, archive } = artifact;
  const extension = bare ? '' : extensions[archive.kind];
  const fileOf = (shown: string) => join(layout.artifacts, shown === '/' ? '/' : `.${shown}`) + extension;
  const isTaken = (file: string) => taken.includes(relative(layout.root, file));
  const place = fileOf(keptPath(path, masked(path), (shown) => isTaken(fileOf(shown))));
  if (isTaken(place)) throw new NotSaved('another artifact is already saved to the same file');
  return place;
}

/** File name extensions of the archives; a bare file keeps its own name. */
const extensions = { tar: '.tgz', zip: '.zip', none: '.tar', zstd: '.tar.zst' } as const;

function* members(roots: readonly Root[], walk: Walk): Generator<Member | null> {
  for (const root of roots) yield* membersOf(root, walk);
}

function attributesMode(archive: ArchiveStrategy, bare: boolean): Mode {
  if (bare) return 'not of a bare file';
  if (archive.kind === 'zip') return 'not in a ZIP file';
  return archive.xattrs === true ? 'kept' : 'not wanted';
}

async function pack(
  found: Iterable<Member | null>,
  archive: ArchiveStrategy,
  to: { readonly file: SavedFile; readonly skipped: Skipped; readonly saving: Saving },
): Promise<void> {
  const { file, saving } = to;
  const cores = Math.min(availableParallelism(), limits.packThreads);
  if (archive.kind === 'zip') return writeZip(found, file, { ...to, cores });
  const codec = codecOf(archive, cores);
  try {
    const stream = new PackedStream(codec, file, saving);
    await writeTar(found, { ...to, stream });
    await stream.end();
  } finally {
    codec.close();
  }
}

function codecOf(archive: Exclude<ArchiveStrategy, { kind: 'zip' }>, cores: number): Codec {
  switch (archive.kind) {
    case 'tar':
      return gzip(archive.compressionLevel, cores);
    case 'zstd':
      return zstd(archive.level, cores);
    case 'none':
      return plain(limits.copyBytes);
  }
}
