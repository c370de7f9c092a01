import { closeSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import type { Result } from '../contract/records.ts';
import type { Volume } from '../contract/volume.ts';
import { TimelineReader } from '../observe/timeline-reader.ts';
import { bytesOf } from './bytes-of.ts';

/** A part of a container's log for the page. */
export interface LogPart {
  readonly container: string;
  readonly kind: 'timeline' | 'stdout' | 'stderr';
  /** How many bytes `read` gives. */
  readonly bytes: number;
  /** How many bytes of the file are left out, at its beginning. */
  readonly skipped: number;
  readonly read: () => AsyncGenerator<Buffer>;
}

/**
 * The log of a container: of large streams, the last bytes, since the failure is there.
 *
 * @param room bytes of both streams, at most
 */
export function logParts(
  volume: Volume,
  name: string,
  result: Result | null,
  room: number,
): readonly LogPart[] {
  const stream = (kind: 'stdout' | 'stderr'): LogPart => {
    const file = `ctr/${name}/${kind}`;
    // What a job appends itself is no output of it (src/observe/README.md, "Bounds").
    const size = Math.min(volume.sizeOf(file) ?? 0, result?.[kind].bytes ?? Number.POSITIVE_INFINITY);
    const skipped = Math.max(0, size - Math.floor(Math.min(Math.max(0, room) / 2, limits.pageLogBytes)));
    const read = () => bytesOf(volume, file, skipped, size);
    return { container: name, kind, bytes: size - skipped, skipped, read };
  };
  const [stdout, stderr] = [stream('stdout'), stream('stderr')];
  const lines = [...timelineOf(volume, name, { stdout: stdout.skipped, stderr: stderr.skipped })];
  const timeline = Buffer.from(lines.join(''), 'latin1');
  const read = async function* () {
    yield timeline;
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
