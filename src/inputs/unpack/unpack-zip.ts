import { crc32 } from 'node:zlib';
import { type Entry, fromRandomAccessReaderPromise, getFileNameLowLevel, type ZipFile } from 'yauzl';
import { limits } from '../../base/limits.ts';
import { unsupported } from './foreign-archive.ts';
import type { SafeTree } from './safe-tree.ts';
import { ZipReader } from './zip-reader.ts';

const madeOnUnix = 3;
const kindBits = 0o170000;
const linkKind = 0o120000;
/** None given, file, directory, link. */
const unpackedKinds: readonly number[] = [0, 0o100000, 0o040000, linkKind];

/**
 * Unpacks a ZIP file into a tree; yauzl parses the format.
 *
 * @throws Error with the reason
 */
export async function unpackZip(file: string, tree: SafeTree): Promise<void> {
  const reader = new ZipReader(file);
  try {
    const options = { lazyEntries: true, autoClose: false, decodeStrings: false };
    const zip = await fromZip(() => fromRandomAccessReaderPromise(reader, reader.size, options));
    const entries = zip.eachEntry();
    for (;;) {
      const next = await fromZip(() => entries.next());
      if (next.done === true) return;
      await unpackEntry(zip, next.value, tree, reader.size);
    }
  } finally {
    reader.end();
  }
}

/** Stored, deflated. */
const unpackedMethods: readonly number[] = [0, 8];
/** APPNOTE.TXT, 4.4.5. */
const methodNames: Readonly<Record<number, string>> = {
  9: 'Deflate64',
  12: 'bzip2',
  14: 'LZMA',
  93: 'Zstandard',
  95: 'xz',
  98: 'PPMd',
  99: 'AES encryption',
};
/** Parts of yauzl's messages, and what they mean. */
const notSupported: readonly (readonly [string, string])[] = [
  ['strong encryption', 'one of its entries is encrypted'],
  ['multi-disk', 'it is one of several parts'],
];

/** Attributes errors of the parser to the archive. */
async function fromZip<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const known = notSupported.find(([text]) => reason.includes(text))?.[1];
    throw new Error(known === undefined ? `a broken archive: ${reason}` : unsupported(known), { cause });
  }
}

async function unpackEntry(zip: ZipFile, entry: Entry, tree: SafeTree, packed: number): Promise<void> {
  const name = nameOf(entry);
  const mode = entry.versionMadeBy >> 8 === madeOnUnix ? entry.externalFileAttributes >>> 16 : 0;
  if (!unpackedKinds.includes(mode & kindBits))
    throw new Error(`refused: its entry "${name}" is of an unsupported type`);
  if (entry.isEncrypted()) throw new Error(unsupported(`its entry "${name}" is encrypted`));
  const method = entry.compressionMethod;
  if (!unpackedMethods.includes(method)) {
    const by = methodNames[method] ?? `method ${method}`;
    throw new Error(unsupported(`its entry "${name}" is compressed with ${by}`));
  }
  const mtime = entry.getLastModDate({ timezone: 'UTC' }).getTime() / 1000;
  if (name.endsWith('/')) return tree.directory(name, { mode: mode === 0 ? 0o755 : mode, mtime });
  if ((mode & kindBits) === linkKind) return tree.link(name, await readLink(zip, entry, name));
  const file = tree.file(name, { mode: mode === 0 ? 0o644 : mode, mtime });
  try {
    for await (const piece of contentOf(zip, entry, name)) {
      file.write(piece);
      tree.checkRatio(packed);
    }
  } finally {
    file.close();
  }
}

/** A backslash is part of a name only in archives made on Unix; elsewhere some tools write it instead of a slash. */
function nameOf({ generalPurposeBitFlag, fileNameRaw, extraFields, versionMadeBy }: Entry): string {
  const isUnix = versionMadeBy >> 8 === madeOnUnix;
  return getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, isUnix);
}

async function readLink(zip: ZipFile, entry: Entry, name: string): Promise<string> {
  if (entry.uncompressedSize > limits.linkBytes)
    throw new Error(`refused: its link "${name}" is longer than a link can be`);
  return Buffer.concat(await Array.fromAsync(contentOf(zip, entry, name))).toString();
}

/** An entry's bytes. yauzl checks their number, this function their checksum. */
async function* contentOf(zip: ZipFile, entry: Entry, name: string): AsyncGenerator<Buffer> {
  const stream = await fromZip(() => zip.openReadStreamPromise(entry));
  const pieces: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]();
  let checksum = 0;
  try {
    for (;;) {
      const next = await fromZip(() => pieces.next());
      if (next.done === true) break;
      checksum = crc32(next.value, checksum);
      yield next.value;
    }
  } finally {
    stream.destroy();
  }
  if (checksum !== entry.crc32) throw new Error(`a broken archive: the checksum of "${name}" is wrong`);
}
