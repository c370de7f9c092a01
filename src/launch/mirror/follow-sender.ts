import { Fault, messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import { pause } from '../../base/timer.ts';
import type { Mirror } from './mirror.ts';
import { type ConnectionEnd, MirrorReceiver, type SenderStream } from './mirror-receiver.ts';

/** A sender that was started: a stream both ways, and what ends it. */
export interface SenderConnection extends SenderStream {
  /** Resolves, with a clause, when it cannot go on; never, if the stream itself tells that. */
  readonly failed: Promise<string>;
  /** Ends this side. @param released whether the sender has let the volume go, and exits by itself */
  close(released: boolean): Promise<void>;
}

/** Starts one more sender. @throws VolumeGone, SenderForbidden; any other error is temporary */
export type OpenSender = () => Promise<SenderConnection>;

/** The volume is not there any more: no sender will ever come. */
export class VolumeGone extends Error {}

/** The engine does not allow a sender. */
export class SenderForbidden extends Error {}

/**
 * Receives a mirror from senders, one after another, until everything is there and the volume was let go. If the volume is
 * gone, the mirror is abandoned.
 *
 * @param stopping gives up
 * @throws Fault `delivery` if the mirror cannot be completed, or `stopping` is aborted; SenderForbidden
 */
export async function followSender(mirror: Mirror, open: OpenSender, stopping: AbortSignal): Promise<void> {
  const breaks = new Breaks();
  while (!stopping.aborted) {
    const { end, heard, isComplete } = await receiveOnce(mirror, open, stopping);
    if (end.kind === 'gone') return mirror.abandon();
    if (end.kind !== 'broken') return;
    // The container may be gone before it can answer that the volume may go.
    if (breaks.isLast(isComplete)) return log(`The volume was taken, and not let go: ${end.reason}`);
    if (end.isFinal) throw new Fault('delivery', `Cannot mirror the volume: ${end.reason}`);
    if (!stopping.aborted) await breaks.rest(end.reason, heard, stopping);
  }
  throw new Fault('delivery', 'Stopped before the mirror was complete');
}

/** Connections that broke one after another: the pause grows, and one line is logged, however long it lasts. */
class Breaks {
  #pauseMs: number = limits.mirrorRetryMs;
  #isReported = false;
  /** Connections that broke since everything is there. */
  #tries = 0;

  /** @param isComplete whether everything was there before this break */
  isLast(isComplete: boolean): boolean {
    if (isComplete || this.#tries > 0) this.#tries += 1;
    return this.#tries >= limits.letGoTries;
  }

  /** @param heard whether a sender had answered: then this is the first break of a new row */
  async rest(reason: string, heard: boolean, stopping: AbortSignal): Promise<void> {
    if (heard) {
      this.#pauseMs = limits.mirrorRetryMs;
      this.#isReported = false;
    }
    // Where everything is there, nobody need know of it.
    if (!this.#isReported && this.#tries === 0)
      log(`The connection to the volume broke: ${reason}; it is resumed`);
    this.#isReported = true;
    await pause(this.#pauseMs, stopping);
    this.#pauseMs = Math.min(this.#pauseMs * 2, limits.mirrorMaxRetryMs);
  }
}

async function receiveOnce(mirror: Mirror, open: OpenSender, stopping: AbortSignal) {
  const nothing = { heard: false, isComplete: false };
  let sender: SenderConnection;
  try {
    sender = await open();
  } catch (error) {
    if (error instanceof SenderForbidden) throw error;
    if (error instanceof VolumeGone) return { end: { kind: 'gone' } as const, ...nothing };
    return { end: { kind: 'broken', reason: messageOf(error), isFinal: false } as const, ...nothing };
  }
  const receiver = new MirrorReceiver(mirror, sender);
  void sender.failed.then((reason) => receiver.close(reason));
  const stop = () => receiver.close('it was stopped');
  stopping.addEventListener('abort', stop);
  let end: ConnectionEnd = await receiver.received();
  const isComplete = end.kind === 'complete';
  if (isComplete) end = await receiver.letGo();
  stopping.removeEventListener('abort', stop);
  await sender.close(end.kind === 'released');
  return { end, heard: receiver.heardAnything, isComplete };
}
