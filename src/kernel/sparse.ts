import { fstatSync, readSync, type Stats } from 'node:fs';
import { bind, errno } from './libc.ts';

/** SEEK_DATA, SEEK_HOLE (lseek(2)). */
const seekData = 3;
const seekHole = 4;
/** ENXIO (errno(3)): there is no data any more. */
const noMoreData = 6;
const statBlockBytes = 512;

const bindSeek = () => bind({ lseek: { arguments: ['i32', 'i64', 'i32'], return: 'i64' } });
let functions: ReturnType<typeof bindSeek> | null = null;

/** Whether a file takes less room than it has bytes: then it may have holes. */
export function isSparse({ blocks, size }: Pick<Stats, 'blocks' | 'size'>): boolean {
  return blocks * statBlockBytes < size;
}

/**
 * Reads a file from its beginning and tells where it has holes, which read as zeros and need not be read (lseek(2),
 * SEEK_DATA). A file system that does not tell has none.
 */
export class SparseReader {
  readonly #file: number;
  readonly #size: number;
  /** Where the next byte is. */
  #at = 0;
  /** The present place is in a hole before this, and else in data before the other one. */
  #holeEnd = 0;
  #dataEnd: number;

  /** @param seen the file as it was found: what comes behind its size then is not read */
  constructor(file: number, { size, sparse }: { readonly size: number; readonly sparse: boolean }) {
    this.#file = file;
    this.#size = size;
    this.#dataEnd = sparse ? 0 : size;
  }

  /** Bytes of the hole at the present place; 0 where there is data, or nothing more. */
  hole(): number {
    if (this.#at >= this.#holeEnd && this.#at >= this.#dataEnd && this.#at < this.#size) this.#look();
    return Math.max(0, this.#holeEnd - this.#at);
  }

  /** Goes on behind so many bytes of the hole. */
  pass(bytes: number): void {
    this.#at += bytes;
  }

  /**
   * Reads data into a buffer, as much as there is before the next hole.
   * @returns the bytes read; 0 only where the file has ended, before its size if it has shrunk
   * @throws the operating system's error
   */
  read(buffer: Uint8Array): number {
    const wanted = Math.min(buffer.length, this.#dataEnd - this.#at);
    let length = 0;
    while (length < wanted) {
      const read = readSync(this.#file, buffer, length, wanted - length, this.#at);
      if (read === 0) break;
      length += read;
      this.#at += read;
    }
    return length;
  }

  #look(): void {
    const data = seek(this.#file, this.#at, seekData);
    // Of a file that has shrunk the rest is no hole, but missing.
    const end = data === 'none' ? Math.min(fstatSync(this.#file).size, this.#size) : this.#size;
    this.#holeEnd = Math.max(
      this.#at,
      typeof data === 'number' ? Math.min(data, end) : data === 'none' ? end : 0,
    );
    const hole = typeof data === 'number' ? seek(this.#file, this.#holeEnd, seekHole) : 'unknown';
    const isBehind = typeof hole === 'number' && hole > this.#holeEnd;
    this.#dataEnd = isBehind ? Math.min(hole, this.#size) : this.#size;
  }
}

function seek(file: number, from: number, whence: number): number | 'none' | 'unknown' {
  functions ??= bindSeek();
  const found = functions.lseek(file, BigInt(from), whence);
  if (found >= 0n) return Number(found);
  return errno() === noMoreData ? 'none' : 'unknown';
}
