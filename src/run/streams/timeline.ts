import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import type { LogFile } from './log-file.ts';

/** A piece of output that has arrived: its place in the order is taken, its bytes are on the way to their file. */
export interface Arrival {
  /** Tells that the bytes are in their file. */
  stored(bytes: number): void;
}

interface Entry {
  readonly time: number;
  readonly stream: 1 | 2;
  bytes: number | null;
}

/**
 * Writes the timeline (format in `contract/README.md`): one line a piece, in order of arrival, each only after its
 * bytes are in their file. Neighbours of one stream and one millisecond become one line.
 */
export class Timeline {
  readonly #file: LogFile;
  /** Bytes that the file may still take. */
  #room: number;
  #full = false;
  readonly #entries: Entry[] = [];
  #written: Promise<void> = Promise.resolve();

  /** @param limit bytes; what comes after that many has no place in the order, but is kept all the same */
  constructor(file: LogFile, limit: number = limits.timelineBytes) {
    this.#file = file;
    this.#room = limit;
  }

  /** Takes the next place in the order, with the present time. */
  arrive(stream: 1 | 2): Arrival {
    const entry: Entry = { time: Date.now(), stream, bytes: null };
    this.#entries.push(entry);
    return {
      stored: (bytes) => {
        entry.bytes = bytes;
        this.#written = this.#written.then(() => this.#writeStored());
      },
    };
  }

  /** Resolves when every line is in the file. */
  flush(): Promise<void> {
    return this.#written;
  }

  /** What has come together while the last lines were written goes out at once. */
  async #writeStored(): Promise<void> {
    const text = this.#takeStored();
    if (text === '' || this.#full) return;
    const whole = text.length <= this.#room ? text.length : text.lastIndexOf('\n', this.#room - 1) + 1;
    await this.#file.append(Buffer.from(text.slice(0, whole)));
    this.#room -= whole;
    if (whole === text.length) return;
    this.#full = true;
    log(
      'the timeline has reached its limit; the order and time of further output are not kept, the output is',
    );
  }

  #takeStored(): string {
    const pending = this.#entries.findIndex((entry) => entry.bytes === null);
    const ready = this.#entries.splice(0, pending === -1 ? this.#entries.length : pending);
    const lines: Entry[] = [];
    for (const entry of ready) {
      const last = lines.at(-1);
      if (last !== undefined && last.stream === entry.stream && last.time === entry.time) {
        last.bytes = (last.bytes ?? 0) + (entry.bytes ?? 0);
      } else if (entry.bytes !== 0) {
        lines.push(entry);
      }
    }
    return lines.map(({ time, stream, bytes }) => `${time} ${stream} ${bytes}\n`).join('');
  }
}
