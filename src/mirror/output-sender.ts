import { readSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import type { End, Start } from '../contract/mirror/messages.ts';
import { tailHash } from '../contract/mirror/tail-hash.ts';
import type { Volume } from '../contract/volume.ts';
import { isSparse } from '../kernel/sparse-reader.ts';
import { type FrameSink, sendContent } from './file-content.ts';
import { compareOutputs, type FoundOutput, walkOutputs } from './output-walk.ts';

/** Outputs of at most this many bytes travel in the frame that announces them. */
const inlineBytes = limits.smallReadBytes;

/** Sends every saved output that the mirror does not have. They are final then: their container has ended. */
export async function sendOutputs(volume: Volume, start: Start, sink: FrameSink): Promise<End> {
  let outputs = 0;
  let skipped = 0;
  const buffer = Buffer.alloc(inlineBytes);
  for (const found of walkOutputs(volume)) {
    if (found.kind === 'skipped') {
      skipped += 1;
      continue;
    }
    outputs += 1;
    if (start.after !== null && compareOutputs(found.path, start.after) <= 0) continue;
    if (found.size <= inlineBytes) await sendSmall(found, buffer, sink);
    else await sendLarge(found, start.partial, sink);
  }
  return { outputs, skipped };
}

async function sendSmall(found: FoundOutput, buffer: Buffer, sink: FrameSink): Promise<void> {
  let length = 0;
  while (length < found.size) {
    const count = readSync(found.descriptor, buffer, length, found.size - length, length);
    if (count === 0) break;
    length += count;
  }
  const text = Buffer.from(found.path, 'latin1');
  const bytes = Buffer.from(buffer.subarray(0, length));
  await sink.send({ type: 'file', offset: length, text, bytes });
}

async function sendLarge(found: FoundOutput, partial: Start['partial'], sink: FrameSink): Promise<void> {
  const { descriptor, size } = found;
  const isContinued =
    partial?.path === found.path &&
    partial.size <= size &&
    tailHash(descriptor, partial.size) === partial.tail;
  const start = isContinued ? partial.size : 0;
  const text = Buffer.from(found.path, 'latin1');
  await sink.send({ type: isContinued ? 'resume' : 'file', offset: size, text });
  const part = { descriptor, file: 0, start, end: size, sparse: isSparse(found), isFinal: true };
  const end = await sendContent(sink, part);
  await sink.send({ type: 'done', offset: end });
}
