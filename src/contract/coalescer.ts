import { limits } from '../base/limits.ts';

/** Forwards changes: the first change of a name at once, those that follow shortly afterwards as one. */
export class Coalescer {
  readonly #report: (name: string | null) => void;
  /** When each name was last reported, in ms of a monotonic clock. */
  readonly #reportedAt = new Map<string | null, number>();
  readonly #due = new Set<string | null>();
  #timer: NodeJS.Timeout | null = null;

  constructor(report: (name: string | null) => void) {
    this.#report = report;
  }

  notice(name: string | null): void {
    if (this.#due.has(name)) return;
    const now = performance.now();
    const quietMs = now - (this.#reportedAt.get(name) ?? Number.NEGATIVE_INFINITY);
    if (quietMs >= limits.coalesceMs) {
      this.#reportedAt.set(name, now);
      this.#report(name);
      return;
    }
    this.#due.add(name);
    this.#timer ??= setTimeout(() => this.#reportDue(), limits.coalesceMs - quietMs);
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#due.clear();
  }

  #reportDue(): void {
    this.#timer = null;
    const due = [...this.#due];
    this.#due.clear();
    for (const name of due) {
      this.#reportedAt.set(name, performance.now());
      this.#report(name);
    }
  }
}
