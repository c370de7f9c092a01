import { readSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import { SparseReader } from '../kernel/sparse-reader.ts';

/** Masks the secrets in a stream of bytes, however it is split (`run/mask/stream-mask.ts`). */
export interface TextMask {
  push(piece: Buffer): Buffer;
  end(): Buffer;
}

/** A text file that is saved with its secrets masked. */
export interface MaskedFile {
  /** Bytes as saved. */
  readonly size: number;
  /** Bytes of the file. */
  readonly sourceBytes: number;
  /** A new mask. */
  readonly make: () => TextMask;
}

/** Reads a file's bytes as they are saved; see `SparseReader`. */
export type MemberReader = Pick<SparseReader, 'hole' | 'skip' | 'read'>;

/** A reader of an open file. */
export function memberReader(
  file: number,
  member: { readonly size: number; readonly sparse: boolean; readonly masked?: MaskedFile },
): MemberReader {
  return member.masked === undefined ? new SparseReader(file, member) : new MaskedReader(file, member.masked);
}

/** The second reading of a file with secrets. It may have changed since: its size stays what was announced, at most. */
class MaskedReader implements MemberReader {
  readonly #file: number;
  readonly #masked: MaskedFile;
  readonly #mask: TextMask;
  readonly #buffer: Buffer;
  #ready: Buffer = Buffer.alloc(0);
  #at = 0;
  #left: number;
  #hasEnded = false;

  constructor(file: number, masked: MaskedFile) {
    this.#file = file;
    this.#masked = masked;
    this.#mask = masked.make();
    this.#left = masked.size;
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(limits.copyBytes, masked.sourceBytes));
  }

  hole(): number {
    return 0;
  }

  skip(): void {
    // There are no holes.
  }

  read(buffer: Uint8Array): number {
    while (this.#ready.length === 0 && !this.#hasEnded) this.#fill();
    const taken = this.#ready.subarray(0, Math.min(buffer.length, this.#left));
    buffer.set(taken);
    this.#ready = this.#ready.subarray(taken.length);
    this.#left -= taken.length;
    return taken.length;
  }

  #fill(): void {
    const wanted = Math.min(this.#buffer.length, this.#masked.sourceBytes - this.#at);
    const read = wanted === 0 ? 0 : readSync(this.#file, this.#buffer, 0, wanted, this.#at);
    this.#at += read;
    this.#hasEnded = read === 0;
    this.#ready = this.#hasEnded ? this.#mask.end() : this.#mask.push(this.#buffer.subarray(0, read));
  }
}
