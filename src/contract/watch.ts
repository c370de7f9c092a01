import { watch as watchEvents } from 'node:fs';
import { basename } from 'node:path';
import { errnoOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';

/** What the caller of `watchDirectory` gives. */
export interface Watcher {
  /** Called for every change below the directory, with the entry's name, or null where the kernel does not tell it. */
  readonly onChange: (name: string | null) => void;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/**
 * Watches the entries of one directory, which must exist: created, renamed into it, written to, removed. When the
 * promise is fulfilled the watch is in force: watch, then look. One change may be told more than once, and the caller
 * learns only that something happened there, so it looks anew each time.
 *
 * Events are inotify's (inotify(7)), by `fs.watch`: 3 % of a core where chokidar, which reads the directory at every
 * event, takes 30 % beside a job that prints (decision 20). Where they cannot be had, chokidar polls.
 *
 * @returns how changes are learnt of
 * @throws the operating system's error, when the directory cannot be watched for another reason
 */
export async function watchDirectory(directory: string, watcher: Watcher): Promise<'events' | 'polling'> {
  try {
    const events = watchEvents(directory, { signal: watcher.signal }, (_kind, name) =>
      watcher.onChange(name),
    );
    // The directory itself went away: the caller's own look tells what that means.
    events.on('error', () => watcher.onChange(null));
    return 'events';
  } catch (error) {
    if (!canPollInstead(error)) throw error;
  }
  await pollDirectory(directory, watcher);
  return 'polling';
}

/** EMFILE: no inotify instance is left to this user. ENOSPC: no watch. ENOSYS: a kernel or sandbox without inotify. */
function canPollInstead(error: unknown): boolean {
  return ['EMFILE', 'ENFILE', 'ENOSPC', 'ENOSYS'].includes(errnoOf(error) ?? '');
}

async function pollDirectory(directory: string, watcher: Watcher): Promise<void> {
  const { watch } = await import('chokidar');
  const poll = watch(directory, {
    usePolling: true,
    interval: limits.watchPollMs,
    depth: 0,
    followSymlinks: false,
    ignoreInitial: true,
    atomic: false,
  });
  poll.on('all', (_kind, path) => watcher.onChange(basename(path)));
  poll.on('error', () => watcher.onChange(null));
  watcher.signal.addEventListener('abort', () => void poll.close(), { once: true });
  await new Promise<void>((resolve) => poll.once('ready', resolve));
}
