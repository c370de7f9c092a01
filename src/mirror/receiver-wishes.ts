import { limits } from '../base/limits.ts';
import { Silence } from '../base/silence.ts';
import type { Frame } from '../contract/mirror/frame.ts';
import { parseStart, type Start } from '../contract/mirror/messages.ts';
import { growingFiles } from '../contract/mirror/mirrored-files.ts';
import type { Had } from './grown-file.ts';

/** A signal request that the receiver forwards. */
export interface ForwardedSignal {
  readonly container: string;
  /** The content of the request's file. */
  readonly request: string;
  /** Distinguishes it from any other, also over several connections. */
  readonly id: number;
}

/** Hears of what the receiver tells. */
export interface WishListener {
  /** @param total bytes of frames that have arrived */
  acknowledged(total: number): void;
  /** There is a signal to forward, or the volume may go. */
  changed(): void;
  /** @param reason why the connection is of no use any more, a sentence */
  ended(reason: string): void;
}

/** What the receiver has told a sender. */
export class ReceiverWishes {
  /** What the mirror has of the files that grow, by path. */
  readonly had = new Map<string, Had>();
  /** Requests that have not been dealt with. */
  readonly signals: ForwardedSignal[] = [];
  letsGo = false;
  readonly #started = Promise.withResolvers<Start>();
  readonly #listener: WishListener;
  readonly #silence: Silence;

  constructor(listener: WishListener) {
    this.#listener = listener;
    // A closed connection may leave this process running: it ends when nobody answers.
    this.#silence = new Silence(limits.mirrorSilenceMs, () =>
      listener.ended(`The receiver has not answered for ${limits.mirrorSilenceMs / 1000} s`),
    );
  }

  /** Resolves when the first frames have come: what the mirror has. */
  get started(): Promise<Start> {
    return this.#started.promise;
  }

  take(frame: Frame): void {
    this.#silence.heard();
    switch (frame.type) {
      case 'have':
        if (this.had.size < limits.containers * growingFiles.length)
          this.had.set(frame.text.toString('latin1'), {
            size: frame.offset,
            tail: frame.bytes.toString('hex'),
          });
        return;
      case 'start': {
        const start = parseStart(frame.text);
        if (start === null) return this.#listener.ended('The receiver sent an invalid start');
        return this.#started.resolve(start);
      }
      case 'ack':
        return this.#listener.acknowledged(frame.offset);
      case 'signal': {
        const [container = '', request = ''] = frame.text.toString('latin1').split(' ');
        this.signals.push({ container, request, id: frame.offset });
        return this.#listener.changed();
      }
      case 'letGo':
        this.letsGo = true;
        return this.#listener.changed();
      default:
        return this.#listener.ended(`The receiver sent a frame that only a sender sends (${frame.type})`);
    }
  }

  close(): void {
    this.#silence.cancel();
  }
}
