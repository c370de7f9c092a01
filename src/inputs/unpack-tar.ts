import { Parser, type ReadEntry } from 'tar';
import { type TarKind, tarBytes } from './archive-kind.ts';
import type { SafeTree } from './safe-tree.ts';

/**
 * Unpacks a tar into a tree, entry by entry as its bytes come; node-tar reads the format.
 * @throws Error with the reason
 */
export async function unpackTar(file: string, kind: TarKind, tree: SafeTree): Promise<void> {
  const { bytes, packed } = tarBytes(file, kind);
  const failures: Error[] = [];
  const parser = new Parser({ strict: true, onReadEntry: (entry) => unpackEntry(entry, tree) });
  parser.on('error', (cause: Error) => failures.push(broken(cause)));
  parser.on('ignoredEntry', (entry: ReadEntry) => failures.push(notUnpacked(entry)));
  const check = () => {
    if (failures[0] !== undefined) throw failures[0];
  };
  try {
    for await (const piece of bytes) {
      parser.write(piece);
      check();
      if (kind !== 'tar') tree.checkRatio(packed());
    }
    parser.end();
  } catch (error) {
    check();
    throw isFromZlib(error) ? broken(error) : error;
  }
  check();
}

function broken(cause: Error): Error {
  return new Error(`a broken archive: ${cause.message}`, { cause });
}

function notUnpacked({ path, type }: ReadEntry): Error {
  return new Error(`refused: its entry "${path}" is of a kind that is not unpacked (${type})`);
}

function isFromZlib(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^(ERR_)?(Z|ZLIB|ZSTD)_/.test(String(error.code));
}

function unpackEntry(entry: ReadEntry, tree: SafeTree): void {
  const { path, linkpath = '', mtime, mode } = entry;
  const seconds = mtime === undefined ? null : mtime.getTime() / 1000;
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
      const file = tree.file(path, { mode: mode ?? 0o644, mtime: seconds });
      entry.on('data', (piece: Buffer) => file.write(piece));
      entry.on('end', () => file.close());
      return;
    }
    default:
      throw notUnpacked(entry);
  }
  entry.resume();
}
