import { closeSync, constants, fchmodSync, fstatSync, openSync, type Stats } from 'node:fs';
import { errnoOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { readUpTo } from '../base/read-regular.ts';
import {
  makeDirectoryWithin,
  openBeneath,
  pathOnly,
  removeWithin,
  renameWithin,
} from '../kernel/open-beneath.ts';
import { firstNames } from './first-names.ts';
import { makeReadable } from './make-readable.ts';
import { isTemporary, PlaceBeneath } from './place-beneath.ts';
import { type OpenFile, type ReadResult, retryFor } from './read-result.ts';
import { publishAt, UnpublishedFile } from './unpublished-file.ts';
import { writeSparse } from './write-sparse.ts';

/**
 * The shared volume as the reporter sees it: any job may have put anything anywhere. Every path is walked from the
 * root's descriptor without following links; nothing blocks; every read is bounded. Paths are relative.
 */
export class Volume {
  readonly root: string;
  /** The template that the reader itself was given: it has precedence over the one on the volume. */
  readonly givenTemplate: { readonly text: string; readonly origin: string } | null;
  readonly #directory: number;
  /** Not every file system does: some say 0 of every directory. */
  readonly #countsNames: boolean;

  /** @throws the operating system's error if the root is not a directory that can be opened */
  constructor(root: string, givenTemplate: Volume['givenTemplate'] = null) {
    this.root = root;
    this.givenTemplate = givenTemplate;
    this.#directory = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
    this.#countsNames = this.#names() > 0;
  }

  /** Whether its directory was removed: then nothing appears on it any more. */
  get isRemoved(): boolean {
    return this.#countsNames && this.#names() === 0;
  }

  /** Reads a whole small file. A file larger than `limit` bytes is rejected. */
  read(path: string, limit: number): ReadResult {
    const opened = this.openFile(path);
    if ('kind' in opened) return opened;
    try {
      // One byte more than the limit detects a file that is too large, even while it grows.
      const bytes = readUpTo(opened.descriptor, limit + 1);
      return bytes.length > limit
        ? { kind: 'refused', reason: `is larger than ${limit} bytes`, retry: 'never' }
        : { kind: 'read', bytes, owner: opened.owner };
    } catch (error) {
      const code = errnoOf(error);
      return { kind: 'refused', reason: `cannot be read (${code})`, retry: retryFor(code) };
    } finally {
      closeSync(opened.descriptor);
    }
  }

  /** Whether anything is there, whatever its type. */
  has(path: string): boolean {
    const found = this.openAny(path, pathOnly);
    if ('kind' in found) return found.kind === 'refused' && found.retry === 'never';
    closeSync(found.descriptor);
    return true;
  }

  /** Opens a regular file for reading. */
  openFile(path: string): OpenFile | Exclude<ReadResult, { kind: 'read' }> {
    const opened = this.openKind(path, (found) => found.isFile());
    if ('kind' in opened) return opened;
    const { size, uid: owner, nlink } = fstatSync(opened.descriptor);
    if (nlink <= 1) return { descriptor: opened.descriptor, size, owner };
    closeSync(opened.descriptor);
    return { kind: 'refused', reason: 'has another name too (a hard link)', retry: 'never' };
  }

  /** Opens a file of the wanted type for reading. The type is checked first: opening a device may have side effects. */
  openKind(path: string, isWanted: (found: Stats) => boolean): ReturnType<Volume['openAny']> {
    for (const flags of [pathOnly, constants.O_RDONLY]) {
      const opened = this.openAny(path, flags);
      if ('kind' in opened) return opened;
      const matches = isWanted(fstatSync(opened.descriptor));
      if (matches && flags !== pathOnly) return opened;
      closeSync(opened.descriptor);
      if (!matches) break;
    }
    return { kind: 'refused', reason: 'is not a regular file', retry: 'never' };
  }

  /** The size of a regular file in bytes; null if there is none. */
  sizeOf(path: string): number | null {
    const opened = this.openFile(path);
    if ('kind' in opened) return null;
    closeSync(opened.descriptor);
    return opened.size;
  }

  /** Opens anything but a link, with these flags of open(2). */
  openAny(
    path: string,
    flags: number,
  ): { readonly descriptor: number } | Exclude<ReadResult, { kind: 'read' }> {
    try {
      return { descriptor: openBeneath(this.#directory, path, flags) };
    } catch (error) {
      const code = errnoOf(error);
      if (code === 'EACCES' && makeReadable(this.#directory, path)) return this.openAny(path, flags);
      if (code === 'ENOENT') return { kind: 'absent' };
      const reason = code === 'ELOOP' ? 'is a symbolic link' : `cannot be opened (${code})`;
      return { kind: 'refused', reason, retry: retryFor(code) };
    }
  }

  /** Renames an entry within its directory and replaces what is there. */
  renameTo(path: string, name: string): void {
    this.#within(path, (parent, before) => renameWithin(parent, before, name));
  }

  /** The names in a directory, at most `limit`; empty if it does not exist. */
  list(path: string, limit: number): readonly string[] {
    const opened = this.openAny(path, constants.O_RDONLY | constants.O_DIRECTORY);
    if ('kind' in opened) return [];
    try {
      return firstNames(`/proc/self/fd/${opened.descriptor}`, limit);
    } finally {
      closeSync(opened.descriptor);
    }
  }

  /** Makes a directory with this mode, whatever the umask. No error if it exists. */
  makeDirectory(path: string, mode: number): void {
    this.#within(path, (parent, name) => {
      makeDirectoryWithin(parent, name, mode);
      const made = openBeneath(parent, name, constants.O_RDONLY | constants.O_DIRECTORY);
      try {
        fchmodSync(made, mode);
      } catch (error) {
        // Another user's directory keeps the mode that its owner chose.
        if (errnoOf(error) !== 'EPERM') throw error;
      } finally {
        closeSync(made);
      }
    });
  }

  /** Makes a directory and its missing parents, new ones with this mode. */
  makeDirectories(path: string, mode = 0o755): void {
    const parts = path.split('/');
    for (const [index] of parts.entries()) this.makeDirectory(parts.slice(0, index + 1).join('/'), mode);
  }

  /** Publishes a file atomically, like `publish`, but without trusting the path. */
  publish(path: string, content: string | Uint8Array, mode = 0o644): void {
    this.#within(path, (parent, name) => publishAt(new PlaceBeneath(parent, name), content, mode));
  }

  /** Like `publish`, for content that comes in pieces; a piece of zeros becomes a hole. */
  async publishPieces(path: string, pieces: AsyncIterable<Uint8Array | number>, mode = 0o644): Promise<void> {
    const slash = path.lastIndexOf('/');
    const parent = this.#openDirectory(path.slice(0, Math.max(slash, 0)));
    try {
      const file = new UnpublishedFile(new PlaceBeneath(parent, path.slice(slash + 1)), mode);
      try {
        await writeSparse(file.descriptor, pieces);
        file.publish();
      } catch (error) {
        file.discard();
        throw error;
      }
    } finally {
      closeSync(parent);
    }
  }

  /** Removes anything but a directory; no error if it does not exist. */
  remove(path: string): void {
    this.#within(path, removeWithin);
  }

  /** Removes unpublished leftovers of a killed process from a directory. The caller must be the only writer there. */
  removeUnpublished(path: string): void {
    const names = this.list(path, limits.listedNames).filter(isTemporary);
    for (const name of names) {
      try {
        this.remove(`${path}/${name}`);
      } catch {
        // A directory that a job has made, for example: it is not ours, and only takes space.
      }
    }
  }

  /** Opens a file for appending, and creates it with mode 0600; the caller closes the descriptor. */
  openAppend(path: string): number {
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT;
    return openBeneath(this.#directory, path, flags, 0o600);
  }

  close(): void {
    closeSync(this.#directory);
  }

  /** How many names its directory has; a server that does not answer for it has not removed it. */
  #names(): number {
    try {
      return fstatSync(this.#directory).nlink;
    } catch {
      return Number.POSITIVE_INFINITY;
    }
  }

  #within(path: string, use: (parent: number, name: string) => void): void {
    const slash = path.lastIndexOf('/');
    const parent = this.#openDirectory(path.slice(0, Math.max(slash, 0)));
    try {
      use(parent, path.slice(slash + 1));
    } finally {
      closeSync(parent);
    }
  }

  #openDirectory(path: string): number {
    return openBeneath(this.#directory, path, constants.O_RDONLY | constants.O_DIRECTORY);
  }
}
