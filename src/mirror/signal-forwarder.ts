import { closeSync, fstatSync } from 'node:fs';
import { messageOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import type { Volume } from '../contract/volume.ts';
import { pathOnly } from '../kernel/open-beneath.ts';
import type { FrameSink } from './file-content.ts';
import type { HoldDirectory } from './hold-directory.ts';
import type { ForwardedSignal } from './receiver-wishes.ts';

/** Leaves the receiver's signal requests on the volume, each one once, and reports when a wrapper has taken one away. */
export class SignalForwarder {
  readonly #volume: Volume;
  readonly #hold: HoldDirectory;
  /** Requests that lie on the volume, by container: the file that was left, and the request's ID. */
  readonly #left = new Map<string, { readonly file: string | null; readonly id: number }>();

  constructor(volume: Volume, hold: HoldDirectory) {
    this.#volume = volume;
    this.#hold = hold;
  }

  /** Leaves a request, unless an earlier sender has done so already: a signal that was obeyed must not come again. */
  leave({ container, request, id }: ForwardedSignal): void {
    const path = `ctr/${container}/signal`;
    try {
      if (this.#hold.lastRequest(container) !== String(id)) {
        this.#volume.publish(path, request.slice(0, limits.signalRequestBytes), 0o666);
        this.#hold.rememberRequest(container, String(id));
      }
      this.#left.set(container, { file: this.#fileAt(path), id });
    } catch (error) {
      log(`Cannot leave a signal request for container ${container}: ${messageOf(error)}`);
    }
  }

  /** Reports the requests that were taken away. */
  async look(sink: FrameSink): Promise<void> {
    for (const [container, { file, id }] of this.#left) {
      const now = this.#fileAt(`ctr/${container}/signal`);
      if (now !== null && now === file) continue;
      this.#left.delete(container);
      await sink.send({ type: 'taken', offset: id, text: container });
    }
  }

  /** Distinguishes a file from any other in its place; null if there is none. */
  #fileAt(path: string): string | null {
    const opened = this.#volume.openAny(path, pathOnly);
    if ('kind' in opened) return null;
    const { ino, ctimeNs } = fstatSync(opened.descriptor, { bigint: true });
    closeSync(opened.descriptor);
    return `${ino} ${ctimeNs}`;
  }
}
