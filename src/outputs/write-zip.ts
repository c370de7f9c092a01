import { closeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { limits } from '../base/limits.ts';
import { Deflater } from './deflater.ts';
import { InOrder } from './in-order.ts';
import type { Member } from './members.ts';
import { freeMemory, freePieces } from './packer.ts';
import { openMember, readFull } from './read-file.ts';
import { readingReason } from './reasons.ts';
import type { SavedFile } from './saved-file.ts';
import type { Skipped } from './skipped.ts';
import { ZipDirectory } from './zip-directory.ts';
import {
  dataDescriptor,
  directoryRecord,
  endOfDirectory,
  localHeader,
  type ZipEntry,
} from './zip-records.ts';

/** What packing a ZIP file needs beside the members. */
export interface ZipOptions {
  readonly skipped: Skipped;
  readonly cores: number;
}

/** The level that zip itself takes. */
const level = 6;
const fileTypes = { file: 0o100000, directory: 0o040000, link: 0o120000 } as const;

/**
 * Writes members as a ZIP file, compressed on all cores, with modes, times and links as Info-ZIP keeps them; the same
 * bytes for the same tree.
 */
export async function writeZip(
  members: Iterable<Member>,
  file: SavedFile,
  { skipped, cores }: ZipOptions,
): Promise<void> {
  const zip = new ZipWriter(file, 2 * cores);
  try {
    for (const member of members) {
      if (member.kind === 'file') await zip.addFile(member, skipped);
      else zip.addSmall(member, Buffer.from(member.target, 'latin1'));
      await zip.relief();
    }
    await zip.end();
  } finally {
    zip.close();
  }
}

class ZipWriter {
  readonly #file: SavedFile;
  readonly #order: InOrder;
  readonly #deflater = new Deflater(level);
  readonly #directory = new ZipDirectory();

  constructor(file: SavedFile, parallel: number) {
    this.#file = file;
    this.#order = new InOrder(parallel);
  }

  close(): void {
    this.#deflater.close();
  }

  relief(): Promise<void> {
    return this.#order.relief();
  }

  /** A directory, a link, an empty file, one of the kernel's: stored. */
  addSmall(member: Member, content: Buffer): void {
    this.#order.add(Promise.resolve(), () => {
      const entry = { ...describe(member), checksum: crc32(content), bytes: content.length };
      this.#put({ ...entry, packedBytes: content.length, offset: this.#file.bytes }, [content]);
    });
  }

  async addFile(member: Member, skipped: Skipped): Promise<void> {
    if (member.content !== null || member.size === 0)
      return this.addSmall(member, member.content ?? Buffer.alloc(0));
    let source: number;
    try {
      source = openMember(member.path);
    } catch (error) {
      skipped.add(member.path, readingReason(error));
      return;
    }
    try {
      if (member.size <= limits.deflateBlockBytes) this.#addWhole(member, source, skipped);
      else await this.#addStreamed(member, source, skipped);
    } finally {
      closeSync(source);
    }
  }

  async end(): Promise<void> {
    await this.#order.drain();
    const offset = this.#file.bytes;
    for (const records of this.#directory.pages()) this.#file.write(records);
    this.#file.write(endOfDirectory(this.#directory.count, offset, this.#file.bytes - offset));
  }

  #addWhole(member: Member, source: number, skipped: Skipped): void {
    const block = readBlock(member, source, member.size, skipped);
    const checksum = crc32(block);
    this.#order.add(this.#deflater.pack(block, true), (packed) => {
      const entry = { ...describe(member), deflated: true, checksum, bytes: block.length };
      const packedBytes = packed.reduce((sum, piece) => sum + piece.length, 0);
      this.#put({ ...entry, packedBytes, offset: this.#file.bytes }, packed);
      freeMemory(block.buffer);
      freePieces(packed);
    });
  }

  async #addStreamed(member: Member, source: number, skipped: Skipped): Promise<void> {
    let entry = { ...describe(member), deflated: true, streamed: true, large: member.size > largestPlain };
    this.#order.add(Promise.resolve(), () => {
      entry = { ...entry, offset: this.#file.bytes };
      this.#file.write(localHeader(entry));
    });
    let checksum = 0;
    for (let left = member.size; left > 0; ) {
      const block = readBlock(member, source, Math.min(left, limits.deflateBlockBytes), skipped);
      const ended = block.length < Math.min(left, limits.deflateBlockBytes);
      left = ended ? 0 : left - block.length;
      checksum = crc32(block, checksum);
      this.#order.add(this.#deflater.pack(block, left === 0), (packed) => {
        const packedBytes = packed.reduce((sum, piece) => sum + piece.length, entry.packedBytes);
        entry = { ...entry, packedBytes, bytes: entry.bytes + block.length };
        for (const piece of packed) this.#file.write(piece);
        freeMemory(block.buffer);
        freePieces(packed);
      });
      await this.#order.relief();
    }
    this.#order.add(Promise.resolve(), () => {
      entry = { ...entry, checksum };
      this.#file.write(dataDescriptor(entry));
      this.#directory.add(directoryRecord(entry));
    });
  }

  #put(entry: ZipEntry, pieces: readonly Buffer[]): void {
    this.#file.write(localHeader(entry));
    for (const piece of pieces) this.#file.write(piece);
    this.#directory.add(directoryRecord(entry));
  }
}

/** A file of this size cannot become 4 GiB, whatever deflate adds to it. */
const largestPlain = 0xff000000;

function describe(member: Member): ZipEntry {
  const { name, mode, mtime, kind } = member;
  return {
    name: kind === 'directory' ? `${name}/` : name,
    mode: fileTypes[kind] | mode,
    mtime,
    deflated: false,
    checksum: 0,
    packedBytes: 0,
    bytes: 0,
    offset: 0,
    streamed: false,
    large: false,
  };
}

function readBlock(member: Member, source: number, size: number, skipped: Skipped): Buffer {
  const block = Buffer.allocUnsafeSlow(size);
  try {
    const read = readFull(source, block);
    if (read < size) skipped.add(member.path, 'it shrank while it was read: its end is missing');
    return block.subarray(0, read);
  } catch (error) {
    skipped.add(member.path, `${readingReason(error)}: its end is missing`);
    return block.subarray(0, 0);
  }
}
