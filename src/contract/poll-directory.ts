import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';

/** Some entries of a directory that are polled. */
export interface Polling {
  /** Polls now. */
  look(): void;
  close(): void;
}

/**
 * Everything that this process polls. It is polled together, so that the cost does not depend on the number of
 * directories.
 */
const polled = new Set<PolledDirectory>();
let timer: NodeJS.Timeout | null = null;

/**
 * Polls these entries of a directory, and the directory itself, but no other entries, of which there may be any
 * number.
 *
 * @param onChange called with the name of a changed entry, or with null for the directory
 */
export function pollDirectory(
  directory: string,
  names: ReadonlySet<string>,
  onChange: (name: string | null) => void,
): Polling {
  const made = new PolledDirectory(directory, names, onChange);
  polled.add(made);
  timer ??= setTimeout(pollAll, limits.watchPollMs);
  return made;
}

class PolledDirectory implements Polling {
  readonly #directory: string;
  readonly #onChange: (name: string | null) => void;
  /** What was found last, by name; null is the directory. */
  readonly #found: Map<string | null, string>;

  constructor(directory: string, names: ReadonlySet<string>, onChange: (name: string | null) => void) {
    this.#directory = directory;
    this.#onChange = onChange;
    this.#found = new Map([null, ...names].map((name) => [name, this.#stampOf(name)]));
  }

  look(): void {
    for (const [name, before] of this.#found) {
      const now = this.#stampOf(name);
      if (now === before) continue;
      this.#found.set(name, now);
      this.#onChange(name);
    }
  }

  close(): void {
    polled.delete(this);
    if (polled.size > 0 || timer === null) return;
    clearTimeout(timer);
    timer = null;
  }

  #stampOf(name: string | null): string {
    try {
      // A directory changes with every entry: only whether it was replaced matters.
      if (name === null) return String(lstatSync(this.#directory, { bigint: true }).ino);
      const { ino, size, ctimeNs } = lstatSync(join(this.#directory, name), { bigint: true });
      return `${ino} ${size} ${ctimeNs}`;
    } catch (error) {
      return errnoOf(error) ?? '';
    }
  }
}

/** The pause grows with the duration of a round, for many directories or a slow volume. */
function pollAll(): void {
  const startedAt = performance.now();
  for (const each of [...polled]) each.look();
  const pauseMs = Math.max(limits.watchPollMs, limits.pollShare * (performance.now() - startedAt));
  timer = polled.size === 0 ? null : setTimeout(pollAll, Math.min(pauseMs, limits.recheckMs));
}
