import { chmodSync, lstatSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { InputArtifact } from '../../settings/template/template.ts';
import { archiveKind } from './archive-kind.ts';
import { checkLinks } from './check-links.ts';
import { SafeTree } from './safe-tree.ts';

const readableFile = 0o644;
const readableDirectory = 0o755;

/**
 * Puts a fetched input in its place, unpacked if it is an archive that is to be. As in Argo, an archive of one file or
 * directory becomes that, and one of several a directory of them.
 *
 * @param archive how it is packed; null: a tar, compressed or not, is known by its bytes, anything else is a file
 * @param most bytes that it may have, unpacked
 * @throws Error whose message is the reason; nothing is in the place then
 */
export async function unpack(
  fetched: string,
  archive: InputArtifact['archive'],
  place: string,
  most: number,
): Promise<void> {
  const isFile = statSync(fetched).isFile();
  const kind = archive === 'none' || !isFile ? null : await archiveKind(fetched, archive);
  if (kind === null) {
    chmodSync(fetched, isFile ? readableFile : readableDirectory);
    return moveOver(fetched, place);
  }
  const directory = `${fetched}.unpacked`;
  try {
    const tree = new SafeTree(directory, most);
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

/** The archive's one file or directory, where there is nothing else. A link stays in its directory. */
function onlyEntry(directory: string): string | null {
  const [name, ...others] = readdirSync(directory);
  if (name === undefined || others.length > 0) return null;
  const entry = join(directory, name);
  return lstatSync(entry).isSymbolicLink() ? null : entry;
}

/** What another input, in which this one lies, has in that place makes way. */
function moveOver(from: string, place: string): void {
  rmSync(place, { recursive: true, force: true });
  renameSync(from, place);
}
