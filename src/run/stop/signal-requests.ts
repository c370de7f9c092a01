import { lstatSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { errnoOf, messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import { readOnVolume } from '../../base/read-regular.ts';
import { removeFile } from '../../base/remove.ts';
import { signalName, signalNumber } from '../../base/signal-names.ts';
import { pause } from '../../base/timer.ts';
import type { ContainerLayout } from '../../contract/layout.ts';
import { restoreDirectory } from '../container.ts';
import type { StopController } from './stop-controller.ts';

/** The signal requests to one container's wrapper. */
export class SignalRequests {
  readonly #container: ContainerLayout;
  readonly #stopController: StopController;
  readonly #over: AbortSignal;
  /** The file that was found empty, and when, in ms of a monotonic clock. */
  #empty: { readonly file: string | null; readonly since: number } | null = null;

  /** @param over aborted when nothing more is to be obeyed */
  constructor(container: ContainerLayout, stopController: StopController, over: AbortSignal) {
    this.#container = container;
    this.#stopController = stopController;
    this.#over = over;
  }

  /**
   * Obeys requests from now on; one that is there already at once. A job may put another directory in the place of its
   * container's: requests come into that one from then on.
   */
  async watch(): Promise<void> {
    const { directory } = this.#container;
    try {
      for (let round = 1; ; round += 1) {
        // It may be gone before it was ever watched.
        restoreDirectory(directory);
        await this.#watchUntilReplaced();
        if (this.#over.aborted) return;
        if (round <= limits.listedSentences) {
          log(
            `${directory} was moved or removed; signal requests are looked for in the one that is there now`,
          );
        }
        // A job that does so without end is not to keep us from all else.
        if (round > 1) await pause(limits.watchPollMs, this.#over);
      }
    } catch (error) {
      log(`cannot watch for signal requests: ${messageOf(error)}`);
      this.obey();
    }
  }

  /** Obeys the request that is there now, if there is one. */
  obey(): void {
    const path = this.#container.signal;
    const text = readRequest(path);
    if (text === null) return;
    if (text === '' && this.#isBeingWritten(path)) return;
    if (!takeAway(path)) return;
    // Somebody has asked whether we are there, and has his answer.
    if (text === '?') return;
    const number = signalNumber(text);
    if (number === null) {
      const said = JSON.stringify(text.trim());
      return log(`the signal request ${path} says ${said}, which is no signal; nothing is done`);
    }
    log(`${signalName(number)} was requested`);
    this.#stopController.receive('request', number);
  }

  /** Resolves when the path leads to another directory, or to none, than the one that is watched. */
  async #watchUntilReplaced(): Promise<void> {
    const { directory, signal } = this.#container;
    const { watchDirectory } = await import('../../contract/watch.ts');
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = new AbortController();
    this.#over.addEventListener('abort', () => end.abort(), { signal: end.signal });
    end.signal.addEventListener('abort', () => resolve());
    const watched = inodeOf(directory);
    const lookAtDirectory = () => {
      if (inodeOf(directory) !== watched) end.abort();
    };
    try {
      // Our open files keep a removed directory from telling so itself: the one above it does.
      const above = { names: [basename(directory)], onChange: lookAtDirectory, signal: end.signal };
      watchDirectory(dirname(directory), above);
      const onChange = () => this.obey();
      watchDirectory(directory, { names: [basename(signal)], onChange, signal: end.signal });
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return;
      throw error;
    }
    this.obey();
    lookAtDirectory();
    await promise;
  }

  /** Somebody has just made the file and is about to write: taken away now, his request would be lost. */
  #isBeingWritten(path: string): boolean {
    const file = identityOf(path);
    if (file === this.#empty?.file) return performance.now() < this.#empty.since + limits.emptyRequestMs;
    this.#empty = { file, since: performance.now() };
    void pause(limits.emptyRequestMs + 1, this.#over).then(() => {
      // What is there by then may have been made by somebody else, who has all of his time.
      if (!this.#over.aborted && this.#empty?.file === file) this.obey();
    });
    return true;
  }
}

function inodeOf(path: string): bigint | null {
  try {
    return lstatSync(path, { bigint: true }).ino;
  } catch {
    return null; // Also where the job has put a file in the place of the directory above.
  }
}

/** Tells a file from one that is made later in its place, also where that has got the same inode. */
function identityOf(path: string): string | null {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? null : `${found.ino} ${found.ctimeNs}`;
}

/** The request's text; null where there is none, or something that is none. */
function readRequest(path: string): string | null {
  try {
    return readOnVolume(path, limits.signalRequestBytes, { cut: true })?.toString() ?? null;
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
  log(`cannot take the signal request ${path}: ${messageOf(error)}`);
}
