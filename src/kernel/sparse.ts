import { fstatSync, readSync, type Stats } from 'node:fs';
import { nextData } from './seek-data.ts';

const statBlockBytes = 512;

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
    const data = nextData(this.#file, this.#at);
    // Of a file that has shrunk the rest is no hole, but missing.
    const start = data?.start ?? fstatSync(this.#file).size;
    this.#holeEnd = Math.max(this.#at, Math.min(start, this.#size));
    this.#dataEnd = Math.min(data?.end ?? this.#size, this.#size);
  }
}
