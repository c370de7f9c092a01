import type { ContainerEnd, EngineJob } from '../engine.ts';

/** The end of a container that is not there any more. */
export const gone: ContainerEnd = {
  kind: 'ended',
  exitCode: null,
  reason: 'somebody has removed its container',
};

/** What an engine knows about the end of a container; null: nothing special. */
export function endReason(
  state: { readonly OOMKilled: boolean; readonly Error: string },
  { resources }: EngineJob,
): string | null {
  if (state.OOMKilled) {
    const limit = resources.memory === null ? '' : ` (limit ${Math.round(resources.memory / 2 ** 20)} MiB)`;
    return `it was out of memory${limit}`;
  }
  return state.Error === '' ? null : state.Error;
}

/** A log without a terminal comes in frames: one byte for the stream, three unused, four for the length. */
export function withoutFrames(bytes: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let offset = 0; offset + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(offset + 4);
    pieces.push(bytes.subarray(offset + 8, offset + 8 + length));
    offset += 8 + length;
  }
  return Buffer.concat(pieces);
}
