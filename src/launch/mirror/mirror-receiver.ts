import type { Readable, Writable } from 'node:stream';
import { messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { printable } from '../../base/printable.ts';
import { shorten } from '../../base/shorten.ts';
import { Silence } from '../../base/silence.ts';
import type { FrameParts } from '../../contract/mirror/frame.ts';
import {
  FrameDecoder,
  FrameEncoder,
  type FrameEncoding,
  FrameError,
} from '../../contract/mirror/frame-stream.ts';
import type { FrameEffect, Mirror } from './mirror.ts';
import { MirrorRefusal } from './mirror-refusal.ts';

/** One exec of `emissary send`: a byte stream both ways. Whoever opened it closes it. */
export interface SenderStream {
  /** What the sender prints: its standard output, without its standard error. */
  readonly input: Readable;
  /** The sender's standard input. It stays open until the connection ends. */
  readonly output: Writable;
  /** `text` where the stream is a terminal. */
  readonly encoding: FrameEncoding;
}

/** How a connection ended. */
export type ConnectionEnd =
  /** Everything is there. The sender still listens: the volume can be let go. */
  | { readonly kind: 'complete' }
  /** The volume was let go. */
  | { readonly kind: 'released' }
  /** `reason` is a clause. Another connection resumes where this one ended, unless it is final: then it would fare no better. */
  | { readonly kind: 'broken'; readonly reason: string; readonly isFinal: boolean };

/**
 * Receives a mirror through one connection to a sender. How the exec ended says nothing: only what arrived counts. A broken
 * connection is replaced by a new `MirrorReceiver` on a new stream; the mirror stays.
 */
export class MirrorReceiver {
  /** Whether a sender has answered at all. */
  heardAnything = false;
  readonly #mirror: Mirror;
  readonly #stream: SenderStream;
  readonly #encoder: FrameEncoder;
  readonly #decoder: FrameDecoder;
  readonly #silence: Silence;
  #end: ConnectionEnd | null = null;
  #onEnd: (end: ConnectionEnd) => void = () => undefined;
  #acknowledgedAt = 0;
  #acknowledged = 0;

  constructor(mirror: Mirror, stream: SenderStream) {
    this.#mirror = mirror;
    this.#stream = stream;
    this.#encoder = new FrameEncoder(stream.encoding, 'receiver');
    this.#decoder = new FrameDecoder(stream.encoding, 'sender');
    this.#silence = new Silence(limits.mirrorSilenceMs, () =>
      this.#break(`nothing came for ${limits.mirrorSilenceMs / 1000} s`),
    );
    const { input, output } = stream;
    input.on('data', (piece: Buffer) => this.#take(piece));
    input.on('end', () => this.#break('it ended before everything was there'));
    for (const each of [input, output]) each.on('error', (error: Error) => this.#break(messageOf(error)));
    input.on('close', () => this.#break('it was closed before everything was there'));
  }

  /** Resolves when everything is there, or the connection is broken. Never rejects. */
  received(): Promise<ConnectionEnd> {
    return this.#ended();
  }

  /** Lets the volume go, whether everything was taken or not. Resolves with `released` when the sender has done so. */
  letGo(): Promise<ConnectionEnd> {
    if (this.#end?.kind === 'complete') this.#end = null;
    this.#send({ type: 'letGo' });
    return this.#ended();
  }

  /** Ends this side of the connection. @param reason a clause */
  close(reason = 'it is not needed any more'): void {
    this.#break(reason);
  }

  #ended(): Promise<ConnectionEnd> {
    if (this.#end !== null) return Promise.resolve(this.#end);
    return new Promise((resolve) => {
      this.#onEnd = resolve;
    });
  }

  #take(piece: Buffer): void {
    if (this.#end !== null && this.#end.kind !== 'complete') return;
    this.#silence.heard();
    try {
      for (const frame of this.#decoder.decode(piece)) {
        this.heardAnything = true;
        this.#react(this.#mirror.apply(frame));
      }
      this.#acknowledge();
    } catch (error) {
      const isFinal = error instanceof MirrorRefusal && error.isFinal;
      if (!(error instanceof MirrorRefusal || error instanceof FrameError)) throw error;
      const quote = this.heardAnything ? '' : `: ${shorten(printable(piece.toString('latin1')))}`;
      this.#break(`${error.message}${quote}`, isFinal);
    }
  }

  #react(effect: FrameEffect): void {
    switch (effect) {
      case 'none':
        return;
      case 'greeted':
        for (const frame of this.#mirror.greeting()) this.#send(frame);
        this.#mirror.requests.listen((frame) => this.#send(frame));
        return;
      case 'complete':
        this.#mirror.settle();
        return this.#finish({ kind: 'complete' });
      case 'released':
        return this.#finish({ kind: 'released' });
    }
  }

  /** Often enough for the sender's window, and for it to know that somebody is here. */
  #acknowledge(): void {
    const now = performance.now();
    const isDue =
      this.#decoder.size - this.#acknowledged >= limits.mirrorAckBytes ||
      now - this.#acknowledgedAt >= limits.mirrorAckMs;
    if (!isDue || this.#stream.output.writableNeedDrain) return;
    this.#mirror.settle();
    this.#acknowledged = this.#decoder.size;
    this.#acknowledgedAt = now;
    this.#send({ type: 'ack', offset: this.#decoder.size });
  }

  #send(frame: FrameParts): void {
    if (this.#end?.kind === 'broken' || this.#stream.output.destroyed) return;
    this.#stream.output.write(Buffer.concat(this.#encoder.encode(frame).pieces));
  }

  #break(reason: string, isFinal = false): void {
    if (this.#end?.kind === 'broken' || this.#end?.kind === 'released') return;
    this.#finish({ kind: 'broken', reason, isFinal });
  }

  #finish(end: ConnectionEnd): void {
    this.#end = end;
    if (end.kind !== 'complete') {
      this.#silence.cancel();
      this.#mirror.disconnect();
    }
    this.#onEnd(end);
  }
}
