import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { limits } from '../../base/limits.ts';
import { watchDirectory } from '../../contract/watch-directory.ts';
import type { LaunchDirectory } from '../state/launch-directory.ts';
import type { LaunchRecord } from '../state/launch-record.ts';
import type { StateDirectory } from '../state/state-directory.ts';

/**
 * Resolves with the last record of a job when its launcher has finished it; null if the launcher died before that.
 *
 * @param since when the job was launched: a later one of the same ID is another
 */
export async function awaitEnd(
  state: StateDirectory,
  directory: LaunchDirectory,
  since: string,
): Promise<LaunchRecord | null> {
  const watching = new AbortController();
  const { promise, resolve } = Promise.withResolvers<LaunchRecord | null>();
  const look = () => {
    const end = state.endOf(directory.key);
    if (end !== null && end.createdAt === since) resolve(end);
    else if (!existsSync(directory.path) || !directory.isFollowed) resolve(null);
  };
  const watcher = { onChange: look, signal: watching.signal };
  watchDirectory(directory.path, { ...watcher, names: ['launch.json', 'lock'] });
  watchDirectory(dirname(directory.path), { ...watcher, names: [directory.key] });
  // The lock of a launcher that was killed goes without an event.
  const timer = setInterval(look, limits.launcherLookMs);
  look();
  try {
    return await promise;
  } finally {
    clearInterval(timer);
    watching.abort();
  }
}
