import { messageOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import type { Frame } from '../contract/mirror/frame.ts';
import { FrameDecoder, type FrameEncoding } from '../contract/mirror/frame-stream.ts';
import { readNow } from '../kernel/pipe.ts';
import { watchInput } from '../kernel/watch-input.ts';

/**
 * Reads the receiver's frames from a descriptor, as they come. Its end is no news: an engine may close it, or keep it open,
 * whatever the receiver does.
 */
export function readFrames(
  file: number,
  encoding: FrameEncoding,
  listener: {
    frame(frame: Frame): void;
    /** What arrives is not frames. */
    damaged(reason: string): void;
  },
): void {
  const decoder = new FrameDecoder(encoding, 'receiver');
  const buffer = Buffer.alloc(limits.smallReadBytes);
  const watch = watchInput(file, () => {
    const count = readNow(file, buffer);
    // EAGAIN, EINTR: there will be another event.
    if (count === 0) watch?.close();
    if (count <= 0) return;
    try {
      for (const frame of decoder.decode(buffer.subarray(0, count))) listener.frame(frame);
    } catch (error) {
      watch?.close();
      listener.damaged(messageOf(error));
    }
  });
}
