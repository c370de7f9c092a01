import { readSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import type { FrameParts } from '../contract/mirror/frame.ts';
import { nextData } from '../kernel/next-data.ts';

/** Where frames go. */
export interface FrameSink {
  /** Resolves when the frame's bytes may be overwritten. */
  send(frame: FrameParts): Promise<void>;
}

/** Part of an open file that is to be sent. */
interface Part {
  readonly descriptor: number;
  /** The number of the file in the stream. */
  readonly file: number;
  readonly start: number;
  readonly end: number;
  /** Whether it may have holes, which are not read. */
  readonly sparse: boolean;
  /** Whether a hole that nothing follows is part of it. */
  readonly isFinal: boolean;
}

let buffer: Buffer | null = null;

/** Sends a part of a file as `data` and `hole` frames. @returns the offset that was reached: less if the file has shrunk */
export async function sendContent(sink: FrameSink, part: Part): Promise<number> {
  buffer ??= Buffer.allocUnsafeSlow(limits.frameBytes);
  const { descriptor, file, end } = part;
  let at = part.start;
  let dataEnd = part.sparse ? at : end;
  while (at < end) {
    if (at >= dataEnd) {
      const found = nextData(descriptor, at);
      if (found === null && !part.isFinal) break;
      const data = found ?? { start: end, end };
      const hole = Math.min(data.start, end) - at;
      if (hole > 0) await sink.send({ type: 'hole', file, offset: at, text: String(hole) });
      at += Math.max(hole, 0);
      dataEnd = Math.min(data.end, end);
      continue;
    }
    const count = readSync(descriptor, buffer, 0, Math.min(buffer.length, dataEnd - at), at);
    if (count === 0) break;
    await sink.send({ type: 'data', file, offset: at, bytes: buffer.subarray(0, count) });
    at += count;
  }
  return at;
}
