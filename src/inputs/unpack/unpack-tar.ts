import { Parser, type ReadEntry } from 'tar';
import { messageOf } from '../../base/fault.ts';
import { type TarKind, tarBytes } from './archive-kind.ts';
import type { SafeTree } from './safe-tree.ts';

/**
 * Unpacks a tar into a tree, entry by entry as its bytes come; node-tar reads the format.
 * @throws Error with the reason
 */
export async function unpackTar(file: string, kind: TarKind, tree: SafeTree): Promise<void> {
  const { bytes, packed } = tarBytes(file, kind);
  const failures: unknown[] = [];
  // What is thrown through the parser is kept apart from what it throws itself.
  const attempt = (step: () => void) => {
    try {
      step();
    } catch (error) {
      failures.push(error);
    }
  };
  const onReadEntry = (entry: ReadEntry) => attempt(() => unpackEntry(entry, tree, attempt));
  const parser = new Parser({ strict: true, onReadEntry });
  parser.on('error', (cause: Error) => failures.push(broken(cause)));
  parser.on('ignoredEntry', (entry: ReadEntry) => failures.push(notUnpacked(entry)));
  parser.on('meta', (header: string) => attempt(() => refuseSparse(header)));
  const parse = (step: () => void) => {
    try {
      step();
    } catch (error) {
      failures.push(broken(error));
    }
    if (failures.length > 0) throw failures[0];
  };
  try {
    for await (const piece of bytes) {
      parse(() => parser.write(piece));
      if (kind !== 'tar') tree.checkRatio(packed());
    }
  } catch (error) {
    throw isFromZlib(error) ? broken(error) : error;
  }
  parse(() => parser.end());
}

function broken(cause: unknown): Error {
  return new Error(`a broken archive: ${messageOf(cause)}`, { cause });
}

/** GNU tar's sparse files in POSIX's format look like usual ones, but hold a map before their bytes. */
function refuseSparse(header: string): void {
  if (/^\d+ GNU\.sparse\./m.test(header))
    throw new Error('refused: it holds a sparse file, which is not unpacked');
}

function notUnpacked({ path, type }: ReadEntry): Error {
  return new Error(`refused: its entry "${path}" is of a kind that is not unpacked (${type})`);
}

function isFromZlib(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^(ERR_)?(Z|ZLIB|ZSTD)_/.test(String(error.code));
}

function unpackEntry(entry: ReadEntry, tree: SafeTree, attempt: (step: () => void) => void): void {
  const { path, linkpath = '', mtime, mode } = entry;
  // node-tar's word for bytes that are not UTF-8: several names could become one.
  if (path.includes('\ufffd') || linkpath.includes('\ufffd'))
    throw new Error(`refused: its entry "${path}" has a name that is not UTF-8`);
  // A time that is none, or beyond what JavaScript counts, is left out.
  const seconds = mtime === undefined || Number.isNaN(mtime.getTime()) ? null : mtime.getTime() / 1000;
  switch (entry.type) {
    case 'Directory':
      tree.directory(path, { mode: mode ?? 0o755, mtime: seconds });
      break;
    case 'SymbolicLink':
      tree.link(path, linkpath);
      break;
    case 'Link':
      tree.hardLink(path, linkpath);
      break;
    case 'File':
    case 'OldFile':
    case 'ContiguousFile': {
      if (!Number.isSafeInteger(entry.header.size)) throw broken(new Error(`"${path}" has no size`));
      const file = tree.file(path, { mode: mode ?? 0o644, mtime: seconds });
      entry.on('data', (piece: Buffer) => attempt(() => file.write(piece)));
      entry.on('end', () => attempt(() => file.close()));
      return;
    }
    default:
      throw notUnpacked(entry);
  }
  entry.resume();
}
