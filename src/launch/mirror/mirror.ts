import { errnoOf, messageOf } from '../../base/fault.ts';
import { log } from '../../base/log.ts';
import type { Frame, FrameParts } from '../../contract/mirror/frame.ts';
import { parseBegin, parseEnd, parseReady, type Start } from '../../contract/mirror/messages.ts';
import { mirroredPath } from '../../contract/mirror/mirrored-files.ts';
import { GrownCopies } from './grown-copies.ts';
import { LocalRequests } from './local-requests.ts';
import { MirrorRefusal } from './mirror-refusal.ts';
import { MirrorSpace } from './mirror-space.ts';
import { MirrorState } from './mirror-state.ts';
import { MirroredLife } from './mirrored-life.ts';
import { WholeFiles } from './whole-files.ts';

/** What a frame means for the connection that it came through. */
export type FrameEffect = 'none' | 'greeted' | 'complete' | 'released';

const leftOut =
  'entries of the outputs are not mirrored: they are links, have other names, or cannot be read';

/**
 * A local copy of a job's volume that is elsewhere. It owns its directory, and applies to it what a sender sends, which is
 * not trusted: paths, sizes and order are checked.
 */
export class Mirror {
  readonly requests: LocalRequests;
  readonly #state: MirrorState;
  readonly #grown: GrownCopies;
  readonly #whole: WholeFiles;
  readonly #life: MirroredLife;
  #isComplete = false;
  /** Those that a sender has announced; until then, what a job without a template has. */
  #containers: ReadonlySet<string> = new Set(['main']);

  /**
   * @param root the directory, which is made if it is missing
   * @param maxBytes what it may hold; holes do not count
   * @throws Fault `volume` if it cannot be kept there
   */
  constructor(root: string, maxBytes: number) {
    const space = new MirrorSpace(maxBytes);
    this.#state = new MirrorState(root);
    this.#grown = new GrownCopies(root, space);
    this.#whole = new WholeFiles(this.#state, space);
    this.#life = new MirroredLife(root);
    this.requests = new LocalRequests(root);
  }

  /** The frames that tell a sender what the mirror has, in answer to its greeting. */
  *greeting(): Generator<FrameParts> {
    yield* this.#grown.have();
    const start: Start = { volume: this.#state.volume, ...this.#whole.had };
    yield { type: 'start', text: JSON.stringify(start) };
  }

  /** Applies a frame. @throws MirrorRefusal */
  apply(frame: Frame): FrameEffect {
    try {
      return this.#apply(frame);
    } catch (error) {
      if (error instanceof MirrorRefusal || errnoOf(error) === null) throw error;
      throw new MirrorRefusal(`the mirror cannot be written: ${messageOf(error)}`, true);
    }
  }

  /** Makes what was applied known to the next receiver. */
  settle(): void {
    this.#whole.settle();
  }

  /**
   * Nobody will send any more: the far side is gone, with its wrappers. Readers of the mirror find those containers lost that
   * have no seal.
   */
  abandon(): void {
    for (const name of this.#containers) this.#life.release(name);
  }

  /** Ends a connection: the next one begins with a greeting. */
  disconnect(): void {
    this.requests.listen(null);
    this.#grown.close();
    this.#whole.disconnect();
  }

  close(): void {
    this.disconnect();
    this.#whole.close();
    this.requests.close();
    this.#life.close();
    this.#state.close();
  }

  #apply(frame: Frame): FrameEffect {
    switch (frame.type) {
      case 'ready':
        return this.#greet(frame);
      case 'begin':
        return this.#begin(frame);
      case 'open':
        this.#requireAnnounced(frame);
        this.#grown.start(frame);
        return 'none';
      case 'data':
      case 'hole':
        if (frame.file === 0) this.#whole.grow(frame);
        else this.#grown.grow(frame);
        return 'none';
      case 'life':
        this.#live(frame);
        return 'none';
      case 'taken':
        this.requests.taken(frame.text.toString('latin1'), frame.offset);
        return 'none';
      case 'end':
        return this.#end(frame);
      case 'released':
        return 'released';
      case 'ping':
        return 'none';
      case 'refused':
        throw new MirrorRefusal(frame.text.toString(), true);
      default:
        return this.#applyWhole(frame);
    }
  }

  #applyWhole(frame: Frame): FrameEffect {
    if (frame.type !== 'done') this.#requireAnnounced(frame);
    switch (frame.type) {
      case 'file':
        this.#whole.begin(frame);
        return 'none';
      case 'resume':
        this.#whole.resume(frame);
        return 'none';
      case 'done':
        this.#whole.finish(frame);
        return 'none';
      case 'removed':
        this.#whole.remove(frame);
        return 'none';
      default:
        throw new MirrorRefusal(`a sender does not send such a frame (${frame.type})`, true);
    }
  }

  #greet(frame: Frame): FrameEffect {
    const ready = parseReady(frame.text);
    if (ready === null) throw new MirrorRefusal('the greeting is invalid', true);
    // The sender refuses a mirror of another volume; a new mirror becomes one of this volume.
    if (this.#state.volume === null) this.#state.become(ready.volume);
    else if (this.#state.volume !== ready.volume)
      throw new MirrorRefusal('the mirror is that of another volume', true);
    return 'greeted';
  }

  #begin(frame: Frame): FrameEffect {
    const begin = parseBegin(frame.text);
    if (begin === null) throw new MirrorRefusal('the list of containers is invalid', true);
    this.#containers = new Set(begin.containers);
    for (const name of begin.containers) this.requests.watch(name);
    return 'none';
  }

  #live({ text, offset }: Frame): void {
    const container = text.toString('latin1');
    if (!this.#containers.has(container)) throw new MirrorRefusal('a container was not announced', true);
    if (offset === 1) this.#life.hold(container);
    else this.#life.release(container);
  }

  /** A file of a container that was not announced is none of the job's. */
  #requireAnnounced({ text }: Frame): void {
    const known = mirroredPath(text.toString('latin1'));
    if (known !== null && known.container !== null && !this.#containers.has(known.container))
      throw new MirrorRefusal('a container was not announced', true);
  }

  #end(frame: Frame): FrameEffect {
    const end = parseEnd(frame.text);
    if (end === null) throw new MirrorRefusal('the end is invalid', true);
    if (end.outputs === this.#whole.outputs) {
      if (end.skipped > 0 && !this.#isComplete) log(`${end.skipped} ${leftOut}`);
      this.#isComplete = true;
      return 'complete';
    }
    this.#whole.forgetOutputs();
    throw new MirrorRefusal('the outputs on the volume have changed while they were sent');
  }
}
