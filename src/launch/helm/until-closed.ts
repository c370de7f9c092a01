import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { errnoOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { after, type Timer } from '../../base/timer.ts';

/** How a program has ended, and its complete output. */
interface ProgramEnd {
  /** An exit code, a signal, or the errno for which it could not be started. */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Resolves when it has ended and its output is complete; aborted, it gets TERM, and KILL later. */
export async function untilClosed(child: ChildProcess, signal: AbortSignal): Promise<ProgramEnd> {
  const [stdout, stderr] = [child.stdout, child.stderr].map(collected);
  const kills: Timer[] = [];
  const stop = () => {
    child.kill('SIGTERM');
    kills.push(after(limits.helmStopMs, () => child.kill('SIGKILL')));
  };
  signal.addEventListener('abort', stop, { once: true });
  const code = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(errnoOf(error) ?? 'an error'));
    child.once('close', (status, name) => resolve(status ?? name ?? 'an error'));
  });
  signal.removeEventListener('abort', stop);
  for (const kill of kills) kill.cancel();
  return { code, stdout: stdout?.() ?? '', stderr: stderr?.() ?? '' };
}

/** What a stream has brought so far; beyond the limit nothing is kept. */
function collected(stream: Readable | null): () => string {
  const pieces: Buffer[] = [];
  let bytes = 0;
  stream?.on('data', (piece: Buffer) => {
    bytes += piece.length;
    if (bytes <= limits.helmOutputBytes) pieces.push(piece);
  });
  return () => Buffer.concat(pieces).toString();
}
