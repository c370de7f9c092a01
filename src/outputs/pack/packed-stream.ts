import type { SavedFile } from '../saved-file.ts';
import type { Saving } from '../saving.ts';
import type { Codec } from './codec.ts';
import { OrderedWork } from './ordered-work.ts';
import { isZero } from './zeros.ts';

/**
 * A stream of bytes through a codec into a file. Bytes are written directly into the block that will be packed. A full
 * block is packed at once, and its memory is reused when its result is written. Memory use is a handful of blocks,
 * however long the stream.
 */
export class PackedStream {
  readonly #codec: Codec;
  readonly #file: SavedFile;
  readonly #order: OrderedWork;
  readonly #saving: Saving;
  readonly #free: Buffer[] = [];
  #block: Buffer;
  #used = 0;

  constructor(codec: Codec, file: SavedFile, saving: Saving) {
    this.#saving = saving;
    this.#codec = codec;
    this.#file = file;
    this.#order = new OrderedWork(codec.parallel);
    this.#block = Buffer.allocUnsafeSlow(codec.blockBytes);
    file.write(codec.head);
  }

  /** The free part of the current block; never empty. */
  room(): Buffer {
    return this.#block.subarray(this.#used);
  }

  /** Marks the first `bytes` of the free part as filled. */
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

  /** Writes any number of zeros; whole blocks of them cost next to nothing. @throws Stopped */
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
      if (this.mustYield) await this.throttle();
    }
  }

  /** True if the threads are behind, or others need a turn: then await `throttle` before writing more. */
  get mustYield(): boolean {
    return this.#order.busy || this.#saving.mustYield;
  }

  /** @throws Stopped */
  async throttle(): Promise<void> {
    await this.#order.throttle();
    if (this.#saving.mustYield) await this.#saving.yieldTurn();
  }

  /** Packs the last block and writes everything pending. */
  async end(): Promise<void> {
    this.#send(true);
    await this.#order.drain();
    this.#file.write(this.#codec.tail());
  }

  #send(last: boolean): void {
    const block = this.#block;
    // An archive must not depend on where its files have holes.
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
