import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { RandomAccessReader } from 'yauzl';
import { beginningOf } from './archive-kind.ts';
import { findZip } from './find-zip.ts';
import { foreignArchive } from './foreign-archive.ts';

/**
 * A ZIP file's bytes for yauzl. yauzl's own reader passes invalid positions of the archive to Node, which throws an
 * uncatchable error for those beyond 2^53.
 */
export class ZipReader extends RandomAccessReader {
  readonly #path: string;
  readonly #file: number;
  readonly #start: number;
  /** Size of the ZIP file, without what is before and after it. */
  readonly size: number;

  /** @throws Error if there is no ZIP file in it; the operating system's error */
  constructor(path: string) {
    super();
    this.#path = path;
    this.#file = openSync(path, 'r');
    const window = findZip(this.#file, fstatSync(this.#file).size);
    if (window === null) {
      closeSync(this.#file);
      throw new Error(
        foreignArchive(beginningOf(path), 'zip') ?? 'a broken archive: it has no ZIP end record',
      );
    }
    this.#start = window.start;
    this.size = window.end - window.start;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    const first = this.#start + position;
    try {
      if (position + length > this.size) throw new Error('it points beyond its end');
      for (let read = 0; read < length; ) {
        const more = readSync(this.#file, buffer, offset + read, length - read, first + read);
        if (more === 0) throw new Error('it became shorter');
        read += more;
      }
    } catch (error) {
      callback(error as Error);
      return;
    }
    callback(null);
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return createReadStream(this.#path, { start: this.#start + start, end: this.#start + end - 1 });
  }

  /** Closes the file. Not `close`, which yauzl calls when it chooses. */
  end(): void {
    closeSync(this.#file);
  }
}
