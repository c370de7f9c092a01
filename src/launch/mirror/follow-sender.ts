import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Fault, messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import { pause, pauseFor } from '../../base/timer.ts';
import type { FrameEncoding } from '../../contract/mirror/frame-stream.ts';
import type { Mirror } from './mirror.ts';
import { type ConnectionEnd, MirrorReceiver } from './mirror-receiver.ts';

/** How a sender is started, and how it is spoken to. */
interface SenderCommand {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly encoding: FrameEncoding;
}

/**
 * Receives a mirror from senders that a command starts, one after another, until everything is there and the volume was let
 * go.
 *
 * @param stopping gives up
 * @throws Fault `delivery` if the mirror cannot be completed, or `stopping` is aborted
 */
export async function followSender(
  mirror: Mirror,
  sender: SenderCommand,
  stopping: AbortSignal,
): Promise<void> {
  const breaks = new Breaks();
  /** Connections that broke since everything is there. */
  let tries = 0;
  while (!stopping.aborted) {
    const { end, heard, isComplete } = await receiveOnce(mirror, sender, stopping);
    if (end.kind !== 'broken') return;
    if (isComplete || tries > 0) tries += 1;
    // The container may be gone before it can answer that the volume may go.
    if (tries >= limits.letGoTries) return log(`The volume was taken, and not let go: ${end.reason}`);
    if (end.isFinal) throw new Fault('delivery', `Cannot mirror the volume: ${end.reason}`);
    if (!stopping.aborted) await breaks.rest(end.reason, heard, stopping);
  }
  throw new Fault('delivery', 'Stopped before the mirror was complete');
}

/** Connections that broke one after another: the pause grows, and one line is logged, however long it lasts. */
class Breaks {
  #pauseMs: number = limits.mirrorRetryMs;
  #reported: string | null = null;

  /** @param heard whether a sender had answered: then this is the first break of a new row */
  async rest(reason: string, heard: boolean, stopping: AbortSignal): Promise<void> {
    if (heard) {
      this.#pauseMs = limits.mirrorRetryMs;
      this.#reported = null;
    }
    if (reason !== this.#reported) log(`The connection to the volume broke: ${reason}; it is resumed`);
    this.#reported = reason;
    await pause(this.#pauseMs, stopping);
    this.#pauseMs = Math.min(this.#pauseMs * 2, limits.mirrorMaxRetryMs);
  }
}

async function receiveOnce(mirror: Mirror, { command, env, encoding }: SenderCommand, stopping: AbortSignal) {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const receiver = new MirrorReceiver(mirror, { input: child.stdout, output: child.stdin, encoding });
  child.on('error', (error) => receiver.close(messageOf(error)));
  const stop = () => receiver.close('it was stopped');
  stopping.addEventListener('abort', stop);
  let end: ConnectionEnd = await receiver.received();
  const isComplete = end.kind === 'complete';
  if (isComplete) end = await receiver.letGo();
  stopping.removeEventListener('abort', stop);
  // A sender that has let the volume go exits by itself.
  if (end.kind === 'released') await Promise.race([once(child, 'exit'), pauseFor(limits.senderExitMs)]);
  child.stdin.destroy();
  child.stdout.destroy();
  child.kill();
  return { end, heard: receiver.heardAnything, isComplete };
}
