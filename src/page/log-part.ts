import { closeSync, readSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import { nextTurn } from '../base/timer.ts';
import type { Result } from '../contract/records.ts';
import type { Volume } from '../contract/volume.ts';
import { TimelineReader } from '../observe/timeline-reader.ts';

/** A part of a container's log for the page. */
export interface LogPart {
  readonly container: string;
  readonly kind: 'timeline' | 'stdout' | 'stderr';
  /** How many bytes `read` gives. */
  readonly bytes: number;
  /** How many bytes of the file are left out, at its beginning. */
  readonly skipped: number;
  /** @param from how many of these bytes are left out */
  readonly read: (from?: number) => AsyncGenerator<Buffer>;
}

/** The log of a container: of large streams, the last bytes, since the failure is there. */
export function logParts(volume: Volume, name: string, result: Result | null): readonly LogPart[] {
  const stream = (kind: 'stdout' | 'stderr'): LogPart => {
    const file = `ctr/${name}/${kind}`;
    // What a job appends itself is no output of it (src/observe/README.md, "Bounds").
    const size = Math.min(volume.sizeOf(file) ?? 0, result?.[kind].bytes ?? Number.POSITIVE_INFINITY);
    const skipped = Math.max(0, size - limits.pageLogBytes);
    const read = (from = 0) => bytesOf(volume, file, skipped + from, size);
    return { container: name, kind, bytes: size - skipped, skipped, read };
  };
  const [stdout, stderr] = [stream('stdout'), stream('stderr')];
  const lines = [...timelineOf(volume, name, { stdout: stdout.skipped, stderr: stderr.skipped })];
  const timeline = Buffer.from(lines.join(''), 'latin1');
  const read = async function* (from = 0) {
    if (from < timeline.length) yield timeline.subarray(from);
  };
  return [{ container: name, kind: 'timeline', bytes: timeline.length, skipped: 0, read }, stdout, stderr];
}

/** The lines of the timeline, without the bytes that are left out. */
function* timelineOf(
  volume: Volume,
  name: string,
  left: { stdout: number; stderr: number },
): Generator<string> {
  const opened = volume.openFile(`ctr/${name}/timeline`);
  if ('kind' in opened) return;
  try {
    const reader = new TimelineReader(opened.descriptor, 0);
    for (let piece = reader.next(); piece !== null && piece !== 'garbage'; piece = reader.next()) {
      const { stream, time, bytes } = piece;
      const dropped = Math.min(bytes, left[stream]);
      left[stream] -= dropped;
      if (bytes > dropped) yield `${time} ${stream === 'stdout' ? 1 : 2} ${bytes - dropped}\n`;
    }
  } finally {
    closeSync(opened.descriptor);
  }
}

async function* bytesOf(volume: Volume, file: string, from: number, until: number): AsyncGenerator<Buffer> {
  const opened = volume.openFile(file);
  if ('kind' in opened) return;
  try {
    for (let offset = from; offset < until; ) {
      const piece = Buffer.allocUnsafe(Math.min(limits.copyBytes, until - offset));
      const count = readSync(opened.descriptor, piece, 0, piece.length, offset);
      if (count === 0) return;
      yield piece.subarray(0, count);
      offset += count;
      await nextTurn();
    }
  } finally {
    closeSync(opened.descriptor);
  }
}
