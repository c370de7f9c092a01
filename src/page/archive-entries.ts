import { createReadStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import { fromFd } from 'yauzl';
import { limits } from '../base/limits.ts';
import type { PageEntry, PagePreview } from './page-model.ts';

/** Unpacked bytes that may be looked through yet. */
export interface UnpackingBudget {
  bytes: number;
}

/** Lists what is in an archive, as far as a page shows it. @throws what says that it is none */
export async function archiveEntries(
  descriptor: number,
  kind: 'tar' | 'zip' | 'zstd',
  budget: UnpackingBudget,
): Promise<PagePreview> {
  const entries: PageEntry[] = [];
  const isWhole =
    kind === 'zip' ? await zip(descriptor, entries) : await tar(descriptor, { kind, entries, budget });
  return { kind: 'archive', entries, isWhole };
}

async function tar(
  descriptor: number,
  {
    kind,
    entries,
    budget,
  }: { readonly kind: 'tar' | 'zstd'; readonly entries: PageEntry[]; readonly budget: UnpackingBudget },
): Promise<boolean> {
  const enough = new AbortController();
  const parser = new Parser({
    onReadEntry: (entry: ReadEntry) => {
      if (entries.length >= limits.pageEntries) enough.abort();
      else if (entry.type === 'File') entries.push(entryOf(entry.path, entry.size));
      entry.resume();
    },
  });
  let isFirst = true;
  const bounded = new Transform({
    transform(piece: Buffer, _, done) {
      budget.bytes -= piece.length;
      if (budget.bytes < 0) enough.abort();
      // The parser would unpack it once more, and nobody would count that.
      const isPacked = isFirst && [0x8b1f, 0xb528].includes(piece.length > 1 ? piece.readUInt16LE() : 0);
      isFirst = false;
      done(isPacked ? new Error('an archive in an archive') : null, piece);
    },
  });
  const file = createReadStream('', { fd: descriptor, start: 0, autoClose: false });
  const open = kind === 'zstd' ? createZstdDecompress() : createGunzip();
  try {
    await pipeline(
      file,
      open,
      bounded,
      async (source) => {
        for await (const piece of source) parser.write(piece as Buffer);
        parser.end();
      },
      { signal: enough.signal },
    );
  } catch (error) {
    if (!enough.signal.aborted) throw error;
  }
  return !enough.signal.aborted;
}

function zip(descriptor: number, entries: PageEntry[]): Promise<boolean> {
  return new Promise((resolve, reject) => {
    fromFd(descriptor, { lazyEntries: true, autoClose: false }, (error, file) => {
      if (error) return reject(error);
      file.on('error', reject);
      file.on('end', () => resolve(true));
      file.on('entry', (entry: { readonly fileName: string; readonly uncompressedSize: number }) => {
        if (entries.length >= limits.pageEntries) return resolve(false);
        if (!entry.fileName.endsWith('/')) entries.push(entryOf(entry.fileName, entry.uncompressedSize));
        file.readEntry();
      });
      file.readEntry();
    });
  });
}

function entryOf(name: string, bytes: number): PageEntry {
  return { name: name.slice(0, limits.pageNameBytes), bytes };
}
