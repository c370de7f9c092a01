import { type FSWatcher, watch as watchEvents } from 'node:fs';
import { basename } from 'node:path';
import { errnoOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { after, type Timer } from '../base/timer.ts';
import { Coalescer } from './coalesce.ts';
import { spendEvent } from './event-budget.ts';
import { type Polling, pollDirectory } from './poll-directory.ts';

/** What the caller of `watchDirectory` gives. */
export interface Watcher {
  /** The entries that matter. A job may make any number of others, which are passed over. */
  readonly names: readonly string[];
  /**
   * Called when something has happened to one of them, with its name, or with null where that is not known: look at all
   * of them then. For one name it is called at once, and afterwards at most every few milliseconds.
   */
  readonly onChange: (name: string | null) => void;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/**
 * Watches some entries of one directory, which must exist: created, renamed into it, written to, removed. When it
 * returns the watch is in force: watch, then look. One change may be told more than once, and the caller learns only
 * that something happened there, so it looks anew each time.
 *
 * Events are inotify's (inotify(7)), by `fs.watch`. Where they cannot be had, and while there are more of them than
 * anybody needs, the entries are polled (decision 50).
 *
 * @throws the operating system's error, when the directory cannot be watched for another reason
 */
export function watchDirectory(directory: string, watcher: Watcher): void {
  if (!watcher.signal.aborted) new DirectoryWatch(directory, watcher).start();
}

class DirectoryWatch {
  readonly #directory: string;
  readonly #names: ReadonlySet<string>;
  readonly #changes: Coalescer;
  #events: FSWatcher | null = null;
  #polling: Polling | null = null;
  #again: Timer | null = null;

  constructor(directory: string, { names, onChange, signal }: Watcher) {
    this.#directory = directory;
    this.#names = new Set(names);
    this.#changes = new Coalescer(onChange);
    signal.addEventListener('abort', () => this.#end(), { once: true });
  }

  start(): void {
    try {
      this.#watchEvents();
    } catch (error) {
      if (!canPollInstead(error)) throw error;
      this.#poll();
    }
  }

  #watchEvents(): void {
    const events = watchEvents(this.#directory, (_kind, name) => this.#notice(name));
    // The directory itself went away: the caller's own look tells what that means.
    events.on('error', () => this.#changes.notice(null));
    this.#events = events;
  }

  #notice(name: string | null): void {
    // One that came before the watch was closed.
    if (this.#events === null) return;
    if (!spendEvent()) {
      this.#events.close();
      this.#events = null;
      this.#poll();
      this.#changes.notice(null);
    } else if (name === null || name === basename(this.#directory)) {
      // What happens to the directory itself is told with its own name.
      this.#changes.notice(null);
    } else if (this.#names.has(name)) {
      this.#changes.notice(name);
    }
  }

  /** Polls for a while, and tries events again. */
  #poll(): void {
    this.#polling ??= pollDirectory(this.#directory, this.#names, (name) => this.#changes.notice(name));
    this.#again = after(limits.watchAgainMs, () => this.#watchAgain());
  }

  #watchAgain(): void {
    try {
      this.#watchEvents();
    } catch {
      // Still none left, or the directory is gone for the moment.
      return this.#poll();
    }
    // What happened up to now is not among the events.
    this.#polling?.look();
    this.#polling?.close();
    this.#polling = null;
  }

  #end(): void {
    this.#events?.close();
    this.#events = null;
    this.#polling?.close();
    this.#again?.cancel();
    this.#changes.close();
  }
}

/** EMFILE: no inotify instance is left to this user. ENOSPC: no watch. ENOSYS: a kernel or sandbox without inotify. */
function canPollInstead(error: unknown): boolean {
  return ['EMFILE', 'ENFILE', 'ENOSPC', 'ENOSYS'].includes(errnoOf(error) ?? '');
}
