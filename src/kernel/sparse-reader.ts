import { fstatSync, readSync, type Stats } from 'node:fs';
import { nextData } from './next-data.ts';

const statBlockBytes = 512;

/** Whether a file takes less disk space than its size: it may have holes. */
export function isSparse({ blocks, size }: Pick<Stats, 'blocks' | 'size'>): boolean {
  return blocks * statBlockBytes < size;
}

/**
 * Reads a file from its beginning and finds its holes, which read as zeros and need not be read (lseek(2),
 * SEEK_DATA). A file system that does not report holes has none.
 */
export class SparseReader {
  readonly #file: number;
  readonly #size: number;
  /** The offset of the next byte. */
  #at = 0;
  /** The current offset is in a hole if it is before `#holeEnd`, and in data if it is before `#dataEnd`. */
  #holeEnd = 0;
  #dataEnd: number;

  /** @param seen the file as it was found: data appended after `size` is not read */
  constructor(file: number, { size, sparse }: { readonly size: number; readonly sparse: boolean }) {
    this.#file = file;
    this.#size = size;
    this.#dataEnd = sparse ? 0 : size;
  }

  /** Bytes of the hole at the current offset; 0 if there is data, or at the end. */
  hole(): number {
    if (this.#at >= this.#holeEnd && this.#at >= this.#dataEnd && this.#at < this.#size) this.#look();
    return Math.max(0, this.#holeEnd - this.#at);
  }

  /** Skips this many bytes of the hole. */
  skip(bytes: number): void {
    this.#at += bytes;
  }

  /**
   * Reads data into a buffer, up to the next hole.
   *
   * @returns the bytes read; 0 only at the end of the file, which comes before its size if it has shrunk
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
    // If the file has shrunk, the rest is missing, not a hole.
    const start = data?.start ?? fstatSync(this.#file).size;
    this.#holeEnd = Math.max(this.#at, Math.min(start, this.#size));
    this.#dataEnd = Math.min(data?.end ?? this.#size, this.#size);
  }
}
