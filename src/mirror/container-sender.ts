import { limits } from '../base/limits.ts';
import { finalRecords, growingFiles, liveRecords } from '../contract/mirror/mirrored-files.ts';
import type { Volume } from '../contract/volume.ts';
import type { ContainerState } from '../observe/container-state.ts';
import type { FrameSink } from './file-content.ts';
import { GrownFile, type Had } from './grown-file.ts';
import { RecordSender } from './record-sender.ts';

/** Sends the files of one container in an order in which a reader of the mirror never sees something too early. */
export class ContainerSender {
  readonly #name: string;
  readonly #grown: readonly GrownFile[];
  readonly #live: readonly RecordSender[];
  readonly #final: readonly RecordSender[];
  /** Offsets up to which the files of this round are sent; null between two rounds. */
  #ends: readonly number[] | null = null;
  /** Whether these are the offsets at which the files end for good. */
  #areFinal = false;
  #life: 'unknown' | 'living' | 'gone' = 'unknown';

  /**
   * @param first the number of its first growing file in the stream
   * @param had what the mirror has, by path
   */
  constructor(volume: Volume, name: string, first: number, had: ReadonlyMap<string, Had>) {
    this.#name = name;
    const path = (file: string) => `ctr/${name}/${file}`;
    this.#grown = growingFiles.map(
      (file, index) => new GrownFile(volume, path(file), first + index, had.get(path(file)) ?? null),
    );
    const records = (sizes: Readonly<Record<string, number>>) =>
      // One byte more than a reader takes: what is too large on the volume must be too large on the mirror.
      Object.entries(sizes).map(([file, limit]) => new RecordSender(volume, path(file), limit + 1));
    this.#live = records(liveRecords);
    this.#final = records(finalRecords);
  }

  /** Sends what is new, with a bound. @returns whether there is more */
  async send(sink: FrameSink, state: ContainerState): Promise<boolean> {
    const isFinal = hasEnded(state);
    // One that has ended counts as living until all of it has arrived: a reader must not find traces of a wrapper alone.
    if (state.kind !== 'waiting') await this.#sendLife(sink, 'living');
    const isComplete = await this.#sendGrown(sink, isFinal);
    for (const record of this.#live) await record.look(sink);
    return !isComplete;
  }

  /** Sends the result and the seal. Everything else of the container must have been sent. */
  async seal(sink: FrameSink, state: ContainerState): Promise<void> {
    if (state.kind === 'sealed') for (const record of this.#final) await record.look(sink);
    if (state.kind !== 'sealed' || state.lives !== true) await this.#sendLife(sink, 'gone');
  }

  close(): void {
    for (const file of this.#grown) file.close();
  }

  async #sendLife(sink: FrameSink, life: 'living' | 'gone'): Promise<void> {
    if (this.#life === life) return;
    this.#life = life;
    await sink.send({ type: 'life', offset: life === 'living' ? 1 : 0, text: this.#name });
  }

  /**
   * One round: the timeline is looked at first and sent last, so that it never describes bytes that the mirror does not have.
   */
  async #sendGrown(sink: FrameSink, isFinal: boolean): Promise<boolean> {
    if (this.#ends === null) {
      const ends: number[] = [];
      for (const file of [...this.#grown].reverse()) ends.unshift(await file.look(sink));
      this.#ends = ends;
      this.#areFinal = isFinal;
    }
    for (const [index, file] of this.#grown.entries()) {
      const more = await file.sendUpTo(sink, this.#ends[index] ?? 0, limits.mirrorTurnBytes, isFinal);
      if (more) return false;
    }
    this.#ends = null;
    return this.#areFinal || !isFinal;
  }
}

/** Whether no more is to come of a container. */
export function hasEnded(state: ContainerState): boolean {
  return state.kind === 'sealed' || state.kind === 'lost';
}
