import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '../../base/limits.ts';
import { readOnVolume } from '../../base/read-regular.ts';
import { removeFile } from '../../base/remove-file.ts';
import type { FrameParts } from '../../contract/mirror/frame.ts';
import { watchDirectory } from '../../contract/watch-directory.ts';

/** Bytes of an ID: as many as a number holds exactly. */
const idBytes = 6;

/** Signal requests on the mirror, which are meant for the far wrappers. */
export class LocalRequests {
  readonly #root: string;
  readonly #watched = new Set<string>();
  readonly #closing = new AbortController();
  #onRequest: ((frame: FrameParts) => void) | null = null;

  constructor(root: string) {
    this.#root = root;
  }

  /** Watches a container's directory, which is made. */
  watch(container: string): void {
    if (this.#watched.has(container)) return;
    this.#watched.add(container);
    const directory = join(this.#root, 'ctr', container);
    mkdirSync(directory, { recursive: true });
    const { signal } = this.#closing;
    watchDirectory(directory, { names: ['signal'], onChange: () => this.#forward(container), signal });
    // One that an earlier receiver has not forwarded.
    this.#forward(container);
  }

  /** Forwards every request to this listener from now on, also those that are there. Null: to nobody. */
  listen(listener: ((frame: FrameParts) => void) | null): void {
    this.#onRequest = listener;
    for (const container of this.#watched) this.#forward(container);
  }

  /** The far wrapper has taken a request away. */
  taken(container: string, id: number): void {
    if (this.#watched.has(container) && this.#idOf(container) === id) removeFile(this.#path(container));
  }

  close(): void {
    this.#closing.abort();
  }

  #forward(container: string): void {
    if (this.#onRequest === null) return;
    const id = this.#idOf(container);
    const request = id === null ? null : this.#read(container);
    // An empty one is still being written.
    if (id !== null && request !== null)
      this.#onRequest({ type: 'signal', offset: id, text: `${container} ${request}` });
  }

  #read(container: string): string | null {
    try {
      const bytes = readOnVolume(this.#path(container), limits.signalRequestBytes);
      return /^\s*([!-~]+)\s*$/.exec(bytes?.toString('latin1') ?? '')?.[1] ?? null;
    } catch {
      return null; // It was taken back, or is no request.
    }
  }

  /** The same for the same file, also for another receiver: a request must not be obeyed twice. */
  #idOf(container: string): number | null {
    const found = lstatSync(this.#path(container), { bigint: true, throwIfNoEntry: false });
    if (found === undefined) return null;
    const digest = createHash('sha256').update(`${found.ino} ${found.ctimeNs}`).digest();
    return digest.readUIntBE(0, idBytes);
  }

  #path(container: string): string {
    return join(this.#root, 'ctr', container, 'signal');
  }
}
