import { limits } from '../base/limits.ts';

/** Passes changes on: the first of a name at once, and those that follow it soon as one. */
export class Coalescer {
  readonly #tell: (name: string | null) => void;
  /** When each name was last told, ms of a monotonic clock. */
  readonly #told = new Map<string | null, number>();
  readonly #due = new Set<string | null>();
  #timer: NodeJS.Timeout | null = null;

  constructor(tell: (name: string | null) => void) {
    this.#tell = tell;
  }

  notice(name: string | null): void {
    if (this.#due.has(name)) return;
    const now = performance.now();
    const quietMs = now - (this.#told.get(name) ?? Number.NEGATIVE_INFINITY);
    if (quietMs >= limits.coalesceMs) {
      this.#told.set(name, now);
      this.#tell(name);
      return;
    }
    this.#due.add(name);
    this.#timer ??= setTimeout(() => this.#tellDue(), limits.coalesceMs - quietMs);
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#due.clear();
  }

  #tellDue(): void {
    this.#timer = null;
    const due = [...this.#due];
    this.#due.clear();
    for (const name of due) {
      this.#told.set(name, performance.now());
      this.#tell(name);
    }
  }
}
