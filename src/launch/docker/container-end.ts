import type Docker from 'dockerode';
import { limits } from '../../base/limits.ts';
import type { ContainerEnd, EngineJob } from '../engine.ts';

/** The end of a container that is not there any more. */
export const gone: ContainerEnd = {
  kind: 'ended',
  exitCode: null,
  reason: 'somebody has removed its container',
};

/**
 * Resolves when the engine says that the container has ended, whatever it says about it. As a stream: where the
 * connection is cut, the client's own `wait` never returns.
 *
 * @throws the engine's error, the connection's, the signal's reason
 */
export async function engineSaysEnded(docker: Docker, name: string, abortSignal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<NodeJS.ReadableStream>();
  const request = {
    path: `/containers/${name}/wait?`,
    method: 'POST',
    isStream: true,
    statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
    abortSignal,
  };
  docker.modem.dial(request, (error: unknown, answer: unknown) =>
    error === null ? resolve(answer as NodeJS.ReadableStream) : reject(error),
  );
  for await (const _ of await promise) {
  }
}

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

/** The end of what a container itself has written; empty where the engine does not tell: it is only a hint for people. */
export async function messagesOf(docker: Docker, name: string): Promise<string> {
  try {
    const options = { stdout: true, stderr: true, follow: false as const, tail: limits.messageLines };
    return withoutFrames(Buffer.from(await docker.getContainer(name).logs(options))).toString();
  } catch {
    return '';
  }
}

/** A log without a terminal comes in frames: one byte for the stream, three unused, four for the length. */
function withoutFrames(bytes: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let offset = 0; offset + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(offset + 4);
    pieces.push(bytes.subarray(offset + 8, offset + 8 + length));
    offset += 8 + length;
  }
  return Buffer.concat(pieces);
}
