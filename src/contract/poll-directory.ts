import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';

/** Some entries of a directory that are looked at from time to time. */
export interface Polling {
  /** Looks now. */
  look(): void;
  close(): void;
}

/** What is polled in this process: together, so that their number does not decide what they cost. */
const polled = new Set<PolledDirectory>();
let timer: NodeJS.Timeout | null = null;

/**
 * Looks at these entries of a directory again and again, and at the directory itself: never at others, of which there may
 * be any number.
 *
 * @param tell called with the name of an entry that has changed, or with null for the directory
 */
export function pollDirectory(
  directory: string,
  names: ReadonlySet<string>,
  tell: (name: string | null) => void,
): Polling {
  const made = new PolledDirectory(directory, names, tell);
  polled.add(made);
  timer ??= setTimeout(lookAtAll, limits.watchPollMs);
  return made;
}

class PolledDirectory implements Polling {
  readonly #directory: string;
  readonly #tell: (name: string | null) => void;
  /** What was found last, by name; null is the directory. */
  readonly #found: Map<string | null, string>;

  constructor(directory: string, names: ReadonlySet<string>, tell: (name: string | null) => void) {
    this.#directory = directory;
    this.#tell = tell;
    this.#found = new Map([null, ...names].map((name) => [name, this.#stampOf(name)]));
  }

  look(): void {
    for (const [name, before] of this.#found) {
      const now = this.#stampOf(name);
      if (now === before) continue;
      this.#found.set(name, now);
      this.#tell(name);
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
      // A directory changes with every entry: only whether it is another one matters.
      if (name === null) return String(lstatSync(this.#directory, { bigint: true }).ino);
      const { ino, size, ctimeNs } = lstatSync(join(this.#directory, name), { bigint: true });
      return `${ino} ${size} ${ctimeNs}`;
    } catch (error) {
      return errnoOf(error) ?? '';
    }
  }
}

/** The pause grows with what a round takes, where there are many or the volume is slow. */
function lookAtAll(): void {
  const begun = performance.now();
  for (const each of [...polled]) each.look();
  const pauseMs = Math.max(limits.watchPollMs, limits.pollShare * (performance.now() - begun));
  timer = polled.size === 0 ? null : setTimeout(lookAtAll, Math.min(pauseMs, limits.lookAgainMs));
}
