import { lstatSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { errnoOf, sentenceOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { say } from '../base/log.ts';
import { removeFile } from '../base/remove.ts';
import { signalName, signalNumber } from '../base/signal-names.ts';
import { pause } from '../base/timer.ts';
import type { ContainerLayout } from '../contract/layout.ts';
import { restoreDirectory } from './container.ts';
import type { Control } from './control.ts';
import { readSmallFile } from './read-small-file.ts';

/**
 * Obeys signal requests until the signal is aborted. One that is there already is obeyed at once. A job may put another
 * directory in the place of its container's: requests come into that one from then on.
 */
export async function watchRequests(
  container: ContainerLayout,
  control: Control,
  signal: AbortSignal,
): Promise<void> {
  const { directory } = container;
  try {
    for (;;) {
      // It may be gone before it was ever watched.
      restoreDirectory(directory);
      await watchUntilReplaced(container, control, signal);
      if (signal.aborted) return;
      say(`${directory} was moved or removed; signal requests are looked for in the one that is there now`);
    }
  } catch (error) {
    say(`cannot watch for signal requests: ${sentenceOf(error)}`);
    obeyRequest(container, control, signal);
  }
}

/** Resolves when the path leads to another directory, or to none, than the one that is watched. */
async function watchUntilReplaced(
  container: ContainerLayout,
  control: Control,
  over: AbortSignal,
): Promise<void> {
  const { watchDirectory } = await import('../contract/watch.ts');
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = new AbortController();
  over.addEventListener('abort', () => end.abort(), { signal: end.signal });
  end.signal.addEventListener('abort', () => resolve());
  const watched = inodeOf(container.directory);
  const lookAtDirectory = () => {
    if (inodeOf(container.directory) !== watched) end.abort();
  };
  const onChange = (changed: string | null) => {
    if (changed === basename(container.signal) || changed === null) obeyRequest(container, control, over);
  };
  try {
    // Our open files keep a removed directory from telling so itself: the one above it does.
    await watchDirectory(dirname(container.directory), { onChange: lookAtDirectory, signal: end.signal });
    await watchDirectory(container.directory, { onChange, signal: end.signal });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  obeyRequest(container, control, over);
  lookAtDirectory();
  await promise;
}

function inodeOf(path: string): bigint | null {
  try {
    return lstatSync(path, { bigint: true }).ino;
  } catch {
    return null; // Also where the job has put a file in the place of the directory above.
  }
}

/** Obeys the request that is there now, if there is one. */
export function obeyRequest(
  container: ContainerLayout,
  control: Control,
  signal: AbortSignal,
  empty: 'wait' | 'refuse' = 'wait',
): void {
  const text = readRequest(container.signal);
  if (text === null) return;
  if (text === '' && empty === 'wait') {
    // Somebody has just made the file and is about to write: taken away now, his request would be lost.
    void pause(limits.emptyRequestMs, signal).then(() => {
      if (!signal.aborted) obeyRequest(container, control, signal, 'refuse');
    });
    return;
  }
  if (!takeAway(container.signal)) return;
  const number = signalNumber(text);
  if (number === null) {
    const said = JSON.stringify(text.trim());
    return say(`the signal request ${container.signal} says ${said}, which is no signal; nothing is done`);
  }
  say(`${signalName(number)} was requested`);
  control.receive('request', number);
}

/** The request's text; null where there is none, or something that is none. */
function readRequest(path: string): string | null {
  try {
    return readSmallFile(path, limits.signalRequestBytes)?.toString() ?? null;
  } catch (error) {
    sayCannotTake(path, error);
    return null;
  }
}

/** Removes a request, so that it is obeyed once. */
function takeAway(path: string): boolean {
  try {
    removeFile(path);
    return true;
  } catch (error) {
    sayCannotTake(path, error);
    return false;
  }
}

function sayCannotTake(path: string, error: unknown): void {
  say(`cannot take the signal request ${path}: ${sentenceOf(error)}`);
}
