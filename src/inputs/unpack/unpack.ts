import { chmodSync, lstatSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { InputArtifact } from '../../settings/template/template.ts';
import { archiveKind } from './archive-kind.ts';
import { checkLinks } from './check-links.ts';
import { SafeTree } from './safe-tree.ts';

const readableFile = 0o644;
const readableDirectory = 0o755;

/**
 * Puts a fetched input into place, unpacked if it is an archive. As in Argo, an archive with a single file or
 * directory becomes that entry, and one with several becomes a directory.
 *
 * @param archive how it is packed; null: a tar, compressed or not, is detected from its bytes, anything else is a
 *   plain file
 * @param maxBytes size limit of the unpacked input
 * @throws Error whose message is the reason; then nothing is put into place
 */
export async function unpack(
  fetched: string,
  archive: InputArtifact['archive'],
  place: string,
  maxBytes: number,
): Promise<void> {
  const isFile = statSync(fetched).isFile();
  const kind = archive === 'none' || !isFile ? null : await archiveKind(fetched, archive);
  if (kind === null) {
    chmodSync(fetched, isFile ? readableFile : readableDirectory);
    return moveOver(fetched, place);
  }
  const directory = `${fetched}.unpacked`;
  try {
    const tree = new SafeTree(directory, maxBytes);
    if (kind === 'zip') await (await import('./unpack-zip.ts')).unpackZip(fetched, tree);
    else if (kind !== 'empty') await (await import('./unpack-tar.ts')).unpackTar(fetched, kind, tree);
    tree.finish();
    const result = onlyEntry(directory) ?? directory;
    checkLinks(result);
    moveOver(result, place);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The archive's only file or directory. A single link stays in its directory. */
function onlyEntry(directory: string): string | null {
  const [name, ...others] = readdirSync(directory);
  if (name === undefined || others.length > 0) return null;
  const entry = join(directory, name);
  return lstatSync(entry).isSymbolicLink() ? null : entry;
}

/** Replaces what an enclosing input has at that path. */
function moveOver(from: string, place: string): void {
  rmSync(place, { recursive: true, force: true });
  renameSync(from, place);
}
