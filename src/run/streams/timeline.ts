import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import type { LogFile } from './log-file.ts';

/** A piece of output that has arrived: its position is fixed, and its bytes are being written to their file. */
export interface Arrival {
  /** Call when the bytes are in their file. */
  stored(bytes: number): void;
}

interface Entry {
  readonly time: number;
  readonly stream: 1 | 2;
  bytes: number | null;
}

/**
 * Writes the timeline (format in `contract/README.md`): one line per piece, in order of arrival, each after its bytes
 * are in their file. Adjacent pieces of one stream within one millisecond become one line.
 */
export class Timeline {
  readonly #file: LogFile;
  /** Bytes left until the limit. */
  #room: number;
  #full = false;
  readonly #entries: Entry[] = [];
  #written: Promise<void> = Promise.resolve();

  /** @param limit bytes; the order of later output is not recorded, but the output itself is */
  constructor(file: LogFile, limit: number = limits.timelineBytes) {
    this.#file = file;
    this.#room = limit;
  }

  /** Takes the next position in the order, with the current time. */
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

  /** Writes all lines that became ready during the previous write at once. */
  async #writeStored(): Promise<void> {
    const text = this.#takeStored();
    if (text === '' || this.#full) return;
    const whole = text.length <= this.#room ? text.length : text.lastIndexOf('\n', this.#room - 1) + 1;
    await this.#file.append(Buffer.from(text.slice(0, whole)));
    this.#room -= whole;
    if (whole === text.length) return;
    this.#full = true;
    log('the timeline has reached its limit; further output is captured without its order and time');
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
