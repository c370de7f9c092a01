import { type FSWatcher, watch as watchEvents } from 'node:fs';
import { basename } from 'node:path';
import { errnoOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { after, type Timer } from '../base/timer.ts';
import { Coalescer } from './coalescer.ts';
import { spendEvent } from './event-budget.ts';
import { type Polling, pollDirectory } from './poll-directory.ts';

/** The options of `watchDirectory`. */
export interface Watcher {
  /** The entries to watch. A job may create any number of others, which are ignored. */
  readonly names: readonly string[];
  /**
   * Called when an entry has changed, with its name, or with null if the name is unknown: check all entries then. The
   * first change of a name is reported at once, further ones at most every few milliseconds.
   */
  readonly onChange: (name: string | null) => void;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/**
 * Watches some entries of an existing directory for creation, renames, writes and removal. The watch is active when
 * this returns: watch first, then check. A change may be reported more than once, and only as a change, so the caller
 * must check the entry each time.
 *
 * Uses inotify events (inotify(7)), through `fs.watch`. If inotify is unavailable, and while there are too many
 * events, the entries are polled (decision 50).
 *
 * @throws the operating system's error if the directory cannot be watched for another reason
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
    // The directory was removed: the caller's check finds out what that means.
    events.on('error', () => this.#changes.notice(null));
    this.#events = events;
  }

  #notice(name: string | null): void {
    // An event from before the watch was closed.
    if (this.#events === null) return;
    if (!spendEvent()) {
      this.#events.close();
      this.#events = null;
      this.#poll();
      this.#changes.notice(null);
    } else if (name === null || name === basename(this.#directory)) {
      // Events of the directory itself carry its own name.
      this.#changes.notice(null);
    } else if (this.#names.has(name)) {
      this.#changes.notice(name);
    }
  }

  /** Polls for a while, then tries events again. */
  #poll(): void {
    this.#polling ??= pollDirectory(this.#directory, this.#names, (name) => this.#changes.notice(name));
    this.#again = after(limits.watchRetryMs, () => this.#watchAgain());
  }

  #watchAgain(): void {
    try {
      this.#watchEvents();
    } catch {
      // Still unavailable, or the directory is temporarily missing.
      return this.#poll();
    }
    // Changes up to now are not among the events.
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

/**
 * EMFILE: this user has no inotify instance left. ENOSPC: no watch left. ENOSYS: a kernel or sandbox without inotify.
 */
function canPollInstead(error: unknown): boolean {
  return ['EMFILE', 'ENFILE', 'ENOSPC', 'ENOSYS'].includes(errnoOf(error) ?? '');
}
