import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { limits } from '../base/limits.ts';
import { after, type Timer } from '../base/timer.ts';
import { containerNamePattern } from '../contract/container-name.ts';
import { firstNames } from '../contract/first-names.ts';
import { watchDirectory } from '../contract/watch-directory.ts';

/** What of a container is on its page. */
const ofContainer = ['timeline', 'usage', 'started', 'ended', 'saving', 'result.json', 'exitcode'] as const;

/** Tells browsers that something has changed on a volume: server-sent events (https://html.spec.whatwg.org/#server-sent-events). */
export class PageChanges {
  readonly #roots: readonly string[];
  readonly #signal: AbortSignal;
  readonly #readers = new Set<Writable>();
  readonly #watched = new Set<string>();
  #containers: readonly string[] = [];
  #lasts = true;
  #timer: Timer | null = null;

  /** @param roots the volume, and the reporter's directory if it is another one */
  constructor(roots: readonly string[], signal: AbortSignal) {
    this.#roots = roots;
    this.#signal = signal;
    const again = setInterval(() => this.#lookAgain(), limits.pageRecheckMs);
    signal.addEventListener('abort', () => {
      clearInterval(again);
      this.#timer?.cancel();
    });
    this.#watchAll();
  }

  /** Watches these containers, too. @param lasts whether the run goes on */
  watch(containers: readonly string[], lasts: boolean): void {
    this.#containers = containers;
    this.#lasts = lasts;
    this.#watchAll();
  }

  /** Tells a reader now, and of each change, until it is closed. */
  tell(reader: Writable): void {
    this.#readers.add(reader);
    reader.on('close', () => this.#readers.delete(reader));
    reader.write(message);
  }

  /** No file tells that a wrapper was killed, nor is the name known of a container that is to come. */
  #lookAgain(): void {
    if (this.#readers.size > 0 && (this.#lasts || this.#hasOthers())) this.#changed();
  }

  #hasOthers(): boolean {
    return this.#roots.some((root) => {
      try {
        const found = firstNames(join(root, 'ctr'), limits.listedNames);
        return found.some((name) => containerNamePattern.test(name) && !this.#containers.includes(name));
      } catch {
        return false;
      }
    });
  }

  #watchAll(): void {
    for (const root of this.#roots) {
      this.#watchOne(root, ['ctr', 'report', 'report.json']);
      this.#watchOne(join(root, 'report'), ['report.json', 'delivered.json']);
      this.#watchOne(join(root, 'ctr'), this.#containers);
      for (const name of this.#containers) this.#watchOne(join(root, 'ctr', name), ofContainer);
    }
  }

  #watchOne(path: string, names: readonly string[]): void {
    const key = [path, ...names].join('\0');
    if (names.length === 0 || this.#watched.has(key)) return;
    try {
      watchDirectory(path, {
        names,
        signal: this.#signal,
        onChange: () => {
          this.#timer ??= after(limits.pageChangeMs, () => this.#changed());
        },
      });
      this.#watched.add(key);
    } catch {
      // Not there yet: when it comes, that is a change.
    }
  }

  #changed(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#watchAll();
    for (const reader of this.#readers) reader.write(message);
  }
}

const message = 'data: changed\n\n';
