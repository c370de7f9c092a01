import { lstatSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { errnoOf, messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import { readOnVolume } from '../../base/read-regular.ts';
import { removeFile } from '../../base/remove-file.ts';
import { signalName, signalNumber } from '../../base/signal-names.ts';
import { pause } from '../../base/timer.ts';
import type { ContainerLayout } from '../../contract/layout.ts';
import { restoreDirectory } from '../open-container.ts';
import type { StopController } from './stop-controller.ts';

/** Handles the signal requests to one container's wrapper. */
export class SignalRequests {
  readonly #container: ContainerLayout;
  readonly #stopController: StopController;
  readonly #over: AbortSignal;
  /** The request file that was found empty, and when, in ms of a monotonic clock. */
  #empty: { readonly file: string | null; readonly since: number } | null = null;

  /** @param over aborted when the run is over and no more requests are handled */
  constructor(container: ContainerLayout, stopController: StopController, over: AbortSignal) {
    this.#container = container;
    this.#stopController = stopController;
    this.#over = over;
  }

  /**
   * Obeys requests from now on, including one that already exists. If the job replaces its container's directory,
   * requests are expected in the new one.
   */
  async watch(): Promise<void> {
    const { directory } = this.#container;
    try {
      for (let round = 1; ; round += 1) {
        // The directory may vanish before it is watched.
        restoreDirectory(directory);
        await this.#watchUntilReplaced();
        if (this.#over.aborted) return;
        if (round <= limits.listedMessages) {
          log(`${directory} was moved or removed; now watching its replacement for signal requests`);
        }
        // A job that replaces it in a loop must not keep this process busy.
        if (round > 1) await pause(limits.watchPollMs, this.#over);
      }
    } catch (error) {
      log(`cannot watch for signal requests: ${messageOf(error)}`);
      this.obey();
    }
  }

  /** Obeys a pending request, if there is one. */
  obey(): void {
    const path = this.#container.signal;
    const text = readRequest(path);
    if (text === null) return;
    if (text === '' && this.#isBeingWritten(path)) return;
    if (!removeRequest(path)) return;
    // A probe whether the wrapper is alive: removing the file is the answer.
    if (text === '?') return;
    const number = signalNumber(text);
    if (number === null) {
      const said = JSON.stringify(text.trim());
      return log(`ignoring the signal request ${path}: ${said} is not a signal`);
    }
    // Before anything is logged: the job waits for it.
    this.#stopController.receive('request', number);
    log(`${signalName(number)} was requested`, 'info');
  }

  /** Resolves when the path no longer leads to the watched directory. */
  async #watchUntilReplaced(): Promise<void> {
    const { directory, signal } = this.#container;
    const { watchDirectory } = await import('../../contract/watch-directory.ts');
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = new AbortController();
    this.#over.addEventListener('abort', () => end.abort(), { signal: end.signal });
    end.signal.addEventListener('abort', () => resolve());
    const watched = inodeOf(directory);
    const lookAtDirectory = () => {
      if (inodeOf(directory) !== watched) end.abort();
    };
    try {
      // Our open files suppress the event of a removed directory itself, so its parent is watched.
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

  /** An empty file was just created, and its writer is about to write: removing it now would lose the request. */
  #isBeingWritten(path: string): boolean {
    const file = identityOf(path);
    if (file === this.#empty?.file) return performance.now() < this.#empty.since + limits.emptyRequestMs;
    this.#empty = { file, since: performance.now() };
    void pause(limits.emptyRequestMs + 1, this.#over).then(() => {
      // A newer file in its place gets its own full delay.
      if (!this.#over.aborted && this.#empty?.file === file) this.obey();
    });
    return true;
  }
}

function inodeOf(path: string): bigint | null {
  try {
    return lstatSync(path, { bigint: true }).ino;
  } catch {
    return null; // Also if the job has replaced the parent directory by a file.
  }
}

/** Distinguishes a file from a later one at the same path, even one with the same inode. */
function identityOf(path: string): string | null {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? null : `${found.ino} ${found.ctimeNs}`;
}

/** The request's text; null if there is none, or if it cannot be read. */
function readRequest(path: string): string | null {
  try {
    return readOnVolume(path, limits.signalRequestBytes, { cut: true })?.toString() ?? null;
  } catch (error) {
    warnCannotTake(path, error);
    return null;
  }
}

/** Removes a request, so that it is obeyed only once. */
function removeRequest(path: string): boolean {
  try {
    removeFile(path);
    return true;
  } catch (error) {
    warnCannotTake(path, error);
    return false;
  }
}

function warnCannotTake(path: string, error: unknown): void {
  log(`cannot read or remove the signal request ${path}: ${messageOf(error)}`);
}
