import { closeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { limits } from '../../base/limits.ts';
import type { Member } from '../find/member.ts';
import { passHole, readBlock } from '../find/read-block.ts';
import { openMember } from '../find/read-file.ts';
import { type MemberReader, memberReader } from '../member-reader.ts';
import { readingReason } from '../reasons.ts';
import type { SavedFile } from '../saved-file.ts';
import type { Saving } from '../saving.ts';
import type { Skipped } from '../skipped.ts';
import { Deflater } from './deflater.ts';
import { OrderedWork } from './ordered-work.ts';
import { freeMemory, freePieces } from './packer.ts';
import { checksumOfZeros, isZero } from './zeros.ts';
import { ZipDirectory } from './zip-directory.ts';
import {
  dataDescriptor,
  directoryRecord,
  endOfDirectory,
  localHeader,
  type ZipEntry,
} from './zip-records.ts';

/** What writing a ZIP file needs besides the members. */
export interface ZipOptions {
  readonly skipped: Skipped;
  readonly cores: number;
  readonly saving: Saving;
}

/** The default level of zip(1). */
const level = 6;
const fileTypes = { file: 0o100000, directory: 0o040000, link: 0o120000 } as const;

/** Writes the members of a ZIP file in order, compressed in parallel. */
export class ZipWriter {
  readonly #file: SavedFile;
  readonly #order: OrderedWork;
  readonly #deflater = new Deflater(level);
  readonly #directory = new ZipDirectory();
  readonly #skipped: Skipped;
  readonly #saving: Saving;
  readonly #zeroChecksum = checksumOfZeros(limits.deflateBlockBytes);

  constructor(file: SavedFile, { skipped, cores, saving }: ZipOptions) {
    this.#file = file;
    this.#order = new OrderedWork(2 * cores);
    this.#skipped = skipped;
    this.#saving = saving;
  }

  close(): void {
    this.#deflater.close();
  }

  async throttle(): Promise<void> {
    await this.#order.throttle();
    if (this.#saving.mustYield) await this.#saving.yieldTurn();
  }

  /** Stores a directory, a link, an empty file or a kernel file without compression. */
  addSmall(member: Member, content: Buffer): void {
    this.#order.add(Promise.resolve(), () => {
      const entry = { ...describe(member), checksum: crc32(content), bytes: content.length };
      this.#put({ ...entry, packedBytes: content.length, offset: this.#file.bytes }, [content]);
    });
  }

  async addFile(member: Member): Promise<void> {
    this.#saving.countFile();
    if (member.content !== null || member.size === 0)
      return this.addSmall(member, member.content ?? Buffer.alloc(0));
    let source: number;
    try {
      source = openMember(member.path);
    } catch (error) {
      this.#skipped.add(member.path, readingReason(error));
      return;
    }
    try {
      const reader = memberReader(source, member);
      if (member.size <= limits.deflateBlockBytes) this.#addWhole(member, reader);
      else await this.#addStreamed(member, reader);
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

  #addWhole(member: Member, reader: MemberReader): void {
    const block = this.#next(member, reader, member.size);
    const checksum = crc32(block);
    this.#order.add(this.#deflater.pack(block, true), (packed) => {
      const entry = { ...describe(member), deflated: true, checksum, bytes: block.length };
      const packedBytes = packed.reduce((sum, piece) => sum + piece.length, 0);
      this.#put({ ...entry, packedBytes, offset: this.#file.bytes }, packed);
      freeMemory(block.buffer);
      freePieces(packed);
    });
  }

  async #addStreamed(member: Member, reader: MemberReader): Promise<void> {
    let entry = { ...describe(member), deflated: true, streamed: true, large: member.size > largestPlain };
    this.#order.add(Promise.resolve(), () => {
      entry = { ...entry, offset: this.#file.bytes };
      this.#file.write(localHeader(entry));
    });
    let checksum = 0;
    const put = (bytes: number, packed: readonly Buffer[]) => {
      const packedBytes = packed.reduce((sum, piece) => sum + piece.length, entry.packedBytes);
      entry = { ...entry, packedBytes, bytes: entry.bytes + bytes };
      for (const piece of packed) this.#file.write(piece);
    };
    const whole = limits.deflateBlockBytes;
    for (let left = member.size; left > 0; ) {
      // The last block ends the stream, so it is always packed. The archive must not depend on where its files have
      // holes.
      const block = left > whole && passHole(reader, whole) ? null : this.#next(member, reader, left);
      const bytes = block?.length ?? whole;
      left = bytes < Math.min(left, whole) ? 0 : left - bytes;
      this.#saving.count(bytes);
      if (block === null || (left > 0 && isZero(block))) {
        checksum = this.#zeroChecksum(checksum);
        this.#order.add(Promise.resolve(this.#deflater.zeros()), (packed) => put(bytes, packed));
      } else {
        checksum = crc32(block, checksum);
        this.#order.add(this.#deflater.pack(block, left === 0), (packed) => {
          put(bytes, packed);
          freeMemory(block.buffer);
          freePieces(packed);
        });
      }
      await this.throttle();
    }
    this.#order.add(Promise.resolve(), () => {
      entry = { ...entry, checksum };
      this.#file.write(dataDescriptor(entry));
      this.#directory.add(directoryRecord(entry));
    });
  }

  #next(member: Member, reader: MemberReader, left: number): Buffer {
    return readBlock(member, reader, Math.min(left, limits.deflateBlockBytes), this.#skipped);
  }

  #put(entry: ZipEntry, pieces: readonly Buffer[]): void {
    this.#file.write(localHeader(entry));
    for (const piece of pieces) this.#file.write(piece);
    this.#directory.add(directoryRecord(entry));
  }
}

/** A file up to this size stays below 4 GiB, whatever deflate adds. */
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
