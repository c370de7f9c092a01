import { closeSync, fstatSync, readSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import type { Volume } from '../contract/volume.ts';
import type { FrameSink } from './file-content.ts';

/** What is no regular file is garbage for every reader of a record, and so is this. No longer than a seal may be. */
const garbage = Buffer.from('not a file');

/** A small file that appears whole: sent whenever it has changed. */
export class RecordSender {
  readonly #volume: Volume;
  readonly #path: string;
  readonly #limit: number;
  /** What distinguishes the state that was sent last; null if nothing was sent. */
  #sent: string | null = null;

  /** @param limit bytes of it that are sent */
  constructor(volume: Volume, path: string, limit: number) {
    this.#volume = volume;
    this.#path = path;
    this.#limit = limit;
  }

  /** Sends it, or that it is not there, if that has changed. */
  async look(sink: FrameSink): Promise<void> {
    const opened = this.#volume.openFile(this.#path);
    if ('kind' in opened) {
      const isAbsent = opened.kind === 'absent';
      if (!this.#isNew(opened.kind)) return;
      if (isAbsent) await sink.send({ type: 'removed', text: this.#path });
      else await this.#send(sink, garbage);
      return;
    }
    try {
      const { ino, size, ctimeNs } = fstatSync(opened.descriptor, { bigint: true });
      if (this.#isNew(`${ino} ${size} ${ctimeNs}`))
        await this.#send(sink, this.#read(opened.descriptor, Number(size)));
    } finally {
      closeSync(opened.descriptor);
    }
  }

  #isNew(state: string): boolean {
    const before = this.#sent;
    this.#sent = state;
    return state !== before;
  }

  /** The job appends to its progress, of which the end counts; all others are whole from their beginning. */
  #read(descriptor: number, size: number): Buffer {
    const bytes = Buffer.alloc(Math.min(size, this.#limit));
    const start = this.#path === 'progress' ? size - bytes.length : 0;
    return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, start));
  }

  async #send(sink: FrameSink, bytes: Buffer): Promise<void> {
    const fits = bytes.length <= limits.frameBytes;
    await sink.send({ type: 'file', offset: bytes.length, text: this.#path, ...(fits && { bytes }) });
    if (fits) return;
    for (let offset = 0; offset < bytes.length; offset += limits.frameBytes) {
      const piece = bytes.subarray(offset, offset + limits.frameBytes);
      await sink.send({ type: 'data', offset, bytes: piece });
    }
    await sink.send({ type: 'done', offset: bytes.length });
  }
}
