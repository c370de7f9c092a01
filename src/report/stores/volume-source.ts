import { createHash } from 'node:crypto';
import { closeSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { DeliveryError } from '../../base/delivery-error.ts';
import { errnoOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { isTransient } from '../../contract/read-result.ts';
import type { Volume } from '../../contract/volume.ts';
import { StoreError } from '../../stores/object-store.ts';
import type { ObjectSource } from '../../stores/put-context.ts';

const readAt = promisify(read);

/** A file of the volume as the bytes of an object. */
export class VolumeSource implements ObjectSource {
  readonly bytes: number;
  /** It has more bytes than may be taken. */
  readonly isCut: boolean;
  readonly #path: string;
  readonly #descriptor: number;

  private constructor(path: string, descriptor: number, size: number, most: number) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.bytes = Math.min(size, most);
    this.isCut = size > most;
  }

  /**
   * @param most bytes to take
   * @returns a clause about why it cannot be read; null: it does not exist
   * @throws DeliveryError if a later attempt may help
   */
  static open(volume: Volume, path: string, most: number): VolumeSource | string | null {
    const opened = volume.openFile(path);
    if (!('kind' in opened)) return new VolumeSource(path, opened.descriptor, opened.size, most);
    if (opened.kind === 'absent') return null;
    if (opened.retry === 'soon')
      throw new DeliveryError(`Cannot read "${path}": it ${opened.reason}`, { permanent: false });
    return opened.reason;
  }

  async read(into: Buffer, start: number): Promise<void> {
    for (let filled = 0; filled < into.length; ) {
      const count = await this.#readSome(into, filled, start + filled);
      if (count === 0) throw new StoreError('invalid', 'it became shorter while it was read');
      filled += count;
    }
  }

  /** SHA-256 of its bytes. */
  async sha256(): Promise<string> {
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(Math.min(this.bytes, limits.copyBytes));
    for (let at = 0; at < this.bytes; ) {
      const piece = buffer.subarray(0, Math.min(buffer.length, this.bytes - at));
      await this.read(piece, at);
      hash.update(piece);
      at += piece.length;
    }
    return hash.digest('hex');
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  async #readSome(into: Buffer, offset: number, at: number): Promise<number> {
    try {
      return (await readAt(this.#descriptor, into, offset, into.length - offset, at)).bytesRead;
    } catch (cause) {
      const code = errnoOf(cause);
      if (!isTransient(code)) throw new StoreError('invalid', `it cannot be read (${code})`, { cause });
      throw new DeliveryError(`Cannot read "${this.#path}" (${code})`, { permanent: false, cause });
    }
  }
}
