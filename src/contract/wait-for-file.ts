import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { watchDirectory } from './watch-directory.ts';

/** Resolves when the file exists, or when the signal is aborted. Its directory must exist. */
export async function waitForFile(path: string, signal: AbortSignal): Promise<void> {
  const watching = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = () => {
    if (existsSync(path) || signal.aborted) resolve();
  };
  signal.addEventListener('abort', look);
  watchDirectory(dirname(path), { names: [basename(path)], onChange: look, signal: watching.signal });
  look();
  await promise;
  watching.abort();
}
