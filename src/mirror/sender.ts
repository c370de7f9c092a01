import { Fault } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import type { FrameParts } from '../contract/mirror/frame.ts';
import type { FrameEncoding } from '../contract/mirror/frame-stream.ts';
import type { Ready } from '../contract/mirror/messages.ts';
import type { Volume } from '../contract/volume.ts';
import { watchDirectory } from '../contract/watch-directory.ts';
import type { ContainerState } from '../observe/container-state.ts';
import { type HoldDirectory, holdNames } from './hold-directory.ts';
import { Outlet } from './outlet.ts';
import { readFrames } from './read-frames.ts';
import { ReceiverWishes } from './receiver-wishes.ts';
import { SignalForwarder } from './signal-forwarder.ts';
import { VolumeSender } from './volume-sender.ts';
import { Waker } from './waker.ts';

/** What a sender needs to know of the job's containers. */
export interface ContainerStates {
  readonly names: readonly string[];
  /** Every container's state now. */
  look(): Promise<ReadonlyMap<string, ContainerState>>;
}

/** The descriptors of the standard streams. */
const input = 0;
const output = 1;

/**
 * Sends a volume to its mirror: frames on the standard output, the receiver's frames on the standard input. One connection
 * has one sender, and the newest sender of a volume wins.
 */
export class Sender {
  readonly #volume: Volume;
  readonly #hold: HoldDirectory;
  readonly #outlet: Outlet;
  readonly #wishes: ReceiverWishes;
  readonly #signals: SignalForwarder;
  readonly #waker = new Waker();
  readonly #ending = Promise.withResolvers<never>();
  readonly #closing = new AbortController();
  #isOurTurn: () => boolean = () => true;

  constructor(volume: Volume, hold: HoldDirectory, encoding: FrameEncoding) {
    this.#volume = volume;
    this.#hold = hold;
    this.#outlet = new Outlet(output, encoding);
    this.#signals = new SignalForwarder(volume, hold);
    this.#wishes = new ReceiverWishes({
      acknowledged: (total) => this.#outlet.acknowledge(total),
      changed: () => this.#waker.wake(),
      ended: (reason) => this.#fail(reason),
    });
    // It is awaited only while the sender runs.
    this.#ending.promise.catch(() => undefined);
    readFrames(input, encoding, {
      frame: (frame) => this.#wishes.take(frame),
      damaged: (reason) => this.#fail(`Cannot go on: ${reason}`),
    });
  }

  /** Call it whenever the state of a container may have changed. */
  wake(): void {
    this.#waker.wake();
  }

  /**
   * Resolves when the receiver has let the volume go.
   * @throws Fault `delivery` when the receiver does not answer, or a newer sender has taken over
   */
  async run(states: ContainerStates): Promise<void> {
    try {
      await Promise.race([this.#run(states), this.#ending.promise]);
    } finally {
      this.#closing.abort();
      this.#wishes.close();
    }
  }

  async #run(states: ContainerStates): Promise<void> {
    this.#takeTurn();
    const ready: Ready = { volume: this.#hold.volumeName };
    await this.#sendNow({ type: 'ready', text: JSON.stringify(ready) });
    const start = await this.#wishes.started;
    if (start.volume !== null && start.volume !== ready.volume) {
      await this.#sendNow({ type: 'refused', text: foreignMirror });
      throw new Fault('delivery', `Cannot send the volume: ${foreignMirror}`);
    }
    const files = new VolumeSender(
      this.#volume,
      states.names,
      { had: this.#wishes.had, start },
      { send: (frame) => this.#sendUnlessLetGo(frame) },
    );
    try {
      await this.#follow(files, states);
    } catch (error) {
      if (error !== enough) throw error;
    } finally {
      files.close();
    }
    this.#requireTurn();
    this.#hold.markTaken();
    await this.#sendNow({ type: 'released' });
  }

  /** Until the receiver lets go: it may do so before the job has ended. */
  async #follow(files: VolumeSender, states: ContainerStates): Promise<void> {
    await files.begin();
    files.watch(() => this.#waker.wake(), this.#closing.signal);
    let hasAnnouncedEnd = false;
    while (!this.#wishes.letsGo) {
      const found = await states.look();
      if (!files.isComplete && (await files.turn(found))) this.#waker.wake();
      this.#leaveSignals(states.names);
      await this.#signals.look(this.#outlet);
      if (files.isComplete && !hasAnnouncedEnd) {
        hasAnnouncedEnd = true;
        await this.#outlet.send({ type: 'end', text: JSON.stringify(files.end) });
      }
      await this.#outlet.flush();
      const hasChanged = await this.#waker.rest(limits.mirrorPingMs);
      if (!hasChanged) await this.#sendNow({ type: 'ping' });
    }
  }

  /** @throws `enough` when the receiver wants no more: there may be very much of it */
  async #sendUnlessLetGo(frame: FrameParts): Promise<void> {
    if (this.#wishes.letsGo) throw enough;
    await this.#outlet.send(frame);
  }

  #leaveSignals(names: readonly string[]): void {
    for (const signal of this.#wishes.signals.splice(0)) {
      this.#requireTurn();
      if (names.includes(signal.container)) this.#signals.leave(signal);
    }
  }

  async #sendNow(frame: FrameParts): Promise<void> {
    await this.#outlet.send(frame);
    await this.#outlet.flush();
  }

  #takeTurn(): void {
    const onChange = () => {
      if (!this.#isOurTurn()) this.#fail(outOfTurn);
    };
    this.#isOurTurn = this.#hold.takeTurn();
    watchDirectory(this.#hold.path, { names: holdNames, onChange, signal: this.#closing.signal });
    onChange();
  }

  /** A sender that stood still must not act on what it was told before. @throws Fault `delivery` */
  #requireTurn(): void {
    if (!this.#isOurTurn()) throw new Fault('delivery', outOfTurn);
  }

  #fail(reason: string): void {
    this.#ending.reject(new Fault('delivery', reason));
  }
}

const enough = new Error('the volume may go');
const foreignMirror = 'the mirror is that of another volume';
const outOfTurn = 'A newer sender has taken over';
