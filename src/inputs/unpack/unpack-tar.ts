import { Parser, type ReadEntry } from 'tar';
import { messageOf } from '../../base/fault.ts';
import { type TarKind, tarBytes } from './archive-kind.ts';
import type { SafeTree } from './safe-tree.ts';

/**
 * Unpacks a tar into a tree as a stream; node-tar parses the format.
 *
 * @throws Error with the reason
 */
export async function unpackTar(file: string, kind: TarKind, tree: SafeTree): Promise<void> {
  const { bytes, packed } = tarBytes(file, kind);
  const failures: unknown[] = [];
  // Our own errors must not be confused with the parser's, so they are collected separately.
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
  parser.on('ignoredEntry', (entry: ReadEntry) => failures.push(unsupportedEntry(entry)));
  parser.on('meta', (header: string) => attempt(() => rejectSparse(header)));
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

/** GNU tar's sparse files in POSIX format look like regular files, but start with a map. */
function rejectSparse(header: string): void {
  if (/^\d+ GNU\.sparse\./m.test(header))
    throw new Error('refused: it contains a sparse file, which is not supported');
}

function unsupportedEntry({ path, type }: ReadEntry): Error {
  return new Error(`refused: its entry "${path}" is of an unsupported type (${type})`);
}

function isFromZlib(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^(ERR_)?(Z|ZLIB|ZSTD)_/.test(String(error.code));
}

function unpackEntry(entry: ReadEntry, tree: SafeTree, attempt: (step: () => void) => void): void {
  const { path, linkpath = '', mtime, mode } = entry;
  // node-tar replaces bytes that are not UTF-8: different names could become the same.
  if (path.includes('\ufffd') || linkpath.includes('\ufffd'))
    throw new Error(`refused: its entry "${path}" has a name that is not UTF-8`);
  // An invalid time, or one that JavaScript cannot represent, is ignored.
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
      throw unsupportedEntry(entry);
  }
  entry.resume();
}
