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
  let pauseMs: number = limits.mirrorRetryMs;
  let reported: string | null = null;
  while (!stopping.aborted) {
    const { end, heard } = await receiveOnce(mirror, sender, stopping);
    if (end.kind !== 'broken') return;
    if (stopping.aborted) break;
    if (end.isFinal) throw new Fault('delivery', `Cannot mirror the volume: ${end.reason}`);
    if (heard) {
      pauseMs = limits.mirrorRetryMs;
      reported = null;
    }
    // One line for a break, however long it lasts.
    if (end.reason !== reported) log(`The connection to the volume broke: ${end.reason}; it is resumed`);
    reported = end.reason;
    await pause(pauseMs, stopping);
    pauseMs = Math.min(pauseMs * 2, limits.mirrorMaxRetryMs);
  }
  throw new Fault('delivery', 'Stopped before the mirror was complete');
}

async function receiveOnce(mirror: Mirror, { command, env, encoding }: SenderCommand, stopping: AbortSignal) {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const receiver = new MirrorReceiver(mirror, { input: child.stdout, output: child.stdin, encoding });
  child.on('error', (error) => receiver.close(messageOf(error)));
  const stop = () => receiver.close('it was stopped');
  stopping.addEventListener('abort', stop);
  let end: ConnectionEnd = await receiver.received();
  if (end.kind === 'complete') end = await receiver.letGo();
  stopping.removeEventListener('abort', stop);
  // A sender that has let the volume go exits by itself.
  if (end.kind === 'released') await Promise.race([once(child, 'exit'), pauseFor(limits.senderExitMs)]);
  child.stdin.destroy();
  child.stdout.destroy();
  child.kill();
  return { end, heard: receiver.heardAnything };
}
