import type { Begin, End, Start } from '../contract/mirror/messages.ts';
import { finalRecords, growingFiles, liveRecords, rootRecords } from '../contract/mirror/mirrored-files.ts';
import type { Volume } from '../contract/volume.ts';
import { watchDirectory } from '../contract/watch-directory.ts';
import type { ContainerState } from '../observe/container-state.ts';
import { ContainerSender, hasEnded } from './container-sender.ts';
import type { FrameSink } from './file-content.ts';
import type { Had } from './grown-file.ts';
import { sendOutputs } from './output-sender.ts';
import { RecordSender } from './record-sender.ts';

/** The container whose outputs are saved. */
const savingContainer = 'main';
const watchedFiles = [...growingFiles, ...Object.keys(liveRecords), ...Object.keys(finalRecords), 'signal'];

/** Sends what the mirror lacks of a volume, in turns, until all containers have ended. */
export class VolumeSender {
  readonly #volume: Volume;
  readonly #start: Start;
  readonly #sink: FrameSink;
  readonly #root: readonly RecordSender[];
  readonly #containers: ReadonlyMap<string, ContainerSender>;
  /** Those that have not been sent to their end. */
  readonly #open: Set<string>;
  /** Those with something new. */
  #changed: Set<string>;
  readonly #seen = new Map<string, ContainerState>();
  #end: End | null = null;

  /** @param had what the mirror has of the files that grow, by path */
  constructor(
    volume: Volume,
    names: readonly string[],
    { had, start }: { readonly had: ReadonlyMap<string, Had>; readonly start: Start },
    sink: FrameSink,
  ) {
    this.#volume = volume;
    this.#start = start;
    this.#sink = sink;
    this.#root = Object.entries(rootRecords).map(([path, limit]) => new RecordSender(volume, path, limit));
    this.#containers = new Map(
      names.map((name, index) => {
        const first = 1 + index * growingFiles.length;
        return [name, new ContainerSender(volume, name, first, had)];
      }),
    );
    this.#open = new Set(names);
    this.#changed = new Set(names);
  }

  /** Sends the template and the names of the containers. */
  async begin(): Promise<void> {
    for (const record of this.#root) await record.look(this.#sink);
    const begin: Begin = { containers: [...this.#containers.keys()] };
    await this.#sink.send({ type: 'begin', text: JSON.stringify(begin) });
  }

  /** Watches the files. Their directories must exist. @param onChange called when there may be something to send */
  watch(onChange: () => void, signal: AbortSignal): void {
    watchDirectory(this.#volume.root, { names: Object.keys(rootRecords), onChange, signal });
    for (const name of this.#containers.keys()) {
      const notice = () => {
        this.#changed.add(name);
        onChange();
      };
      watchDirectory(`${this.#volume.root}/ctr/${name}`, { names: watchedFiles, onChange: notice, signal });
    }
  }

  /** Sends some of what is new. @returns whether there is more */
  async turn(states: ReadonlyMap<string, ContainerState>): Promise<boolean> {
    for (const record of this.#root) await record.look(this.#sink);
    const names = this.#changed;
    this.#changed = new Set();
    for (const name of this.#open) {
      const state = states.get(name);
      if (state === undefined || (state === this.#seen.get(name) && !names.has(name))) continue;
      this.#seen.set(name, state);
      await this.#sendContainer(name, state);
    }
    return this.#changed.size > 0;
  }

  get isComplete(): boolean {
    return this.#open.size === 0;
  }

  /** What the receiver must have in the end. */
  get end(): End {
    return this.#end ?? { outputs: 0, skipped: 0 };
  }

  close(): void {
    for (const container of this.#containers.values()) container.close();
  }

  async #sendContainer(name: string, state: ContainerState): Promise<void> {
    const container = this.#containers.get(name);
    if (container === undefined) return;
    const more = await container.send(this.#sink, state);
    if (more) this.#changed.add(name);
    if (more || !hasEnded(state)) return;
    // Where no container has that name, nobody has saved anything; a job may have, so the last one is as good.
    if (name === savingContainer || this.#open.size === 1)
      this.#end ??= await sendOutputs(this.#volume, this.#start, this.#sink);
    await container.seal(this.#sink, state);
    container.close();
    this.#open.delete(name);
  }
}
