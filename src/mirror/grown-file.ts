import { closeSync, fstatSync } from 'node:fs';
import { tailHash } from '../contract/mirror/tail-hash.ts';
import type { Volume } from '../contract/volume.ts';
import { isSparse } from '../kernel/sparse-reader.ts';
import { type FrameSink, sendContent } from './file-content.ts';

/** What a mirror has of a file: its size, and the hash of its end. */
export interface Had {
  readonly size: number;
  readonly tail: string;
}

/** A file that only grows, as far as it was sent. */
export class GrownFile {
  readonly #volume: Volume;
  readonly #path: string;
  /** Its number in the stream. */
  readonly #number: number;
  #had: Had | null;
  #descriptor: number | null = null;
  #sent = 0;

  constructor(volume: Volume, path: string, number: number, had: Had | null) {
    this.#volume = volume;
    this.#path = path;
    this.#number = number;
    this.#had = had;
  }

  /** Its size now; 0 if it does not exist. Announces it when it is found, and again when another file has replaced it. */
  async look(sink: FrameSink): Promise<number> {
    const opened = this.#volume.openFile(this.#path);
    if ('kind' in opened) return this.#sent;
    if (this.#descriptor !== null && isSameFile(this.#descriptor, opened.descriptor)) {
      closeSync(opened.descriptor);
      return opened.size;
    }
    const isAnother = this.#descriptor !== null || !this.#continues(opened.descriptor);
    this.close();
    this.#descriptor = opened.descriptor;
    this.#sent = isAnother ? 0 : (this.#had?.size ?? 0);
    this.#had = null;
    const bytes = isAnother ? replaces : continues;
    await sink.send({ type: 'open', file: this.#number, offset: this.#sent, text: this.#path, bytes });
    return opened.size;
  }

  /**
   * Sends it up to this offset, but not more than `limit` bytes. A hole that nothing follows is sent only if the file is
   * final: a job can extend a file without writing to it.
   *
   * @returns whether there is more
   */
  async sendUpTo(sink: FrameSink, end: number, limit: number, isFinal: boolean): Promise<boolean> {
    const start = this.#sent;
    if (this.#descriptor === null || start >= end) return false;
    const found = fstatSync(this.#descriptor);
    const stop = Math.min(end, found.size, start + limit);
    const part = { descriptor: this.#descriptor, file: this.#number, start, end: stop };
    this.#sent = await sendContent(sink, { ...part, sparse: isSparse(found), isFinal });
    return this.#sent > start && this.#sent < end;
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  /** Whether what the mirror has is the beginning of this file. */
  #continues(descriptor: number): boolean {
    return this.#had === null || tailHash(descriptor, this.#had.size) === this.#had.tail;
  }
}

/** In `open`: whether the file takes the place of the one that the mirror has. */
const replaces = Buffer.from([1]);
const continues = Buffer.alloc(0);

function isSameFile(one: number, other: number): boolean {
  const [first, second] = [fstatSync(one), fstatSync(other)];
  return first.ino === second.ino && first.dev === second.dev;
}
