import type { SavedFile } from '../saved-file.ts';
import type { Saving } from '../saving.ts';
import type { Codec } from './codec.ts';
import { InOrder } from './in-order.ts';
import { isZero } from './zeros.ts';

/**
 * A stream of bytes on its way through a codec into a file. Bytes are put directly into the block that will be packed;
 * a full block goes off at once, and its memory is used again when its result is written. Memory is a handful of
 * blocks, however long the stream.
 */
export class PackedStream {
  readonly #codec: Codec;
  readonly #file: SavedFile;
  readonly #order: InOrder;
  readonly #saving: Saving;
  readonly #free: Buffer[] = [];
  #block: Buffer;
  #used = 0;

  constructor(codec: Codec, file: SavedFile, saving: Saving) {
    this.#saving = saving;
    this.#codec = codec;
    this.#file = file;
    this.#order = new InOrder(codec.parallel);
    this.#block = Buffer.allocUnsafeSlow(codec.blockBytes);
    file.write(codec.head);
  }

  /** The free part of the present block; never empty. */
  room(): Buffer {
    return this.#block.subarray(this.#used);
  }

  /** Says that the first `bytes` of the room were filled. */
  filled(bytes: number): void {
    this.#used += bytes;
    if (this.#used === this.#block.length) this.#send(false);
  }

  put(bytes: Buffer): void {
    for (let offset = 0; offset < bytes.length; ) {
      const copied = bytes.copy(this.#block, this.#used, offset);
      offset += copied;
      this.filled(copied);
    }
  }

  /** Puts any number of zeros; whole blocks of them cost next to nothing. @throws Stopped */
  async putZeros(count: number): Promise<void> {
    for (let left = count; left > 0; ) {
      if (this.#used === 0 && left >= this.#codec.blockBytes) {
        this.#sendZeros();
        left -= this.#codec.blockBytes;
      } else {
        const zeros = this.room().subarray(0, left).fill(0);
        left -= zeros.length;
        this.filled(zeros.length);
      }
      if (this.isDue) await this.relief();
    }
  }

  /** True when the threads are behind, or others have had no turn: then wait for `relief` before the next bytes. */
  get isDue(): boolean {
    return this.#order.busy || this.#saving.isDue;
  }

  /** @throws Stopped */
  async relief(): Promise<void> {
    await this.#order.relief();
    if (this.#saving.isDue) await this.#saving.turn();
  }

  /** Packs what is left and writes the rest. */
  async end(): Promise<void> {
    this.#send(true);
    await this.#order.drain();
    this.#file.write(this.#codec.tail());
  }

  #send(last: boolean): void {
    const block = this.#block;
    // The archive of a tree must not tell where its files have holes.
    if (!last && isZero(block)) {
      this.#used = 0;
      return this.#sendZeros();
    }
    this.#order.add(this.#codec.pack(block.subarray(0, this.#used), last), (pieces) => {
      for (const piece of pieces) this.#file.write(piece);
      this.#codec.release(pieces);
      this.#free.push(block);
    });
    this.#used = 0;
    if (!last) this.#block = this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#codec.blockBytes);
  }

  #sendZeros(): void {
    const { packZeros, blockBytes } = this.#codec;
    this.#order.add(packZeros?.() ?? Promise.resolve(null), (pieces) => {
      if (pieces === null) this.#file.writeZeros(blockBytes);
      else for (const piece of pieces) this.#file.write(piece);
    });
  }
}
