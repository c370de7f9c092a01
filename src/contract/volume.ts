import { closeSync, constants, fchmodSync, fstatSync, openSync } from 'node:fs';
import { pid } from 'node:process';
import { errnoOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { makeDirectoryWithin, openBeneath, removeWithin, renameWithin } from '../kernel/open-beneath.ts';
import { firstNames, readUpTo } from './bounded-read.ts';
import { writeWhole } from './publish.ts';
import { writeSparse } from './write-pieces.ts';

/** What a look at one file of the volume found. `reason` is a clause: `is a symbolic link`. */
export type Look =
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'read'; readonly bytes: Buffer };

/** An open regular file; the caller closes the descriptor. */
export interface OpenFile {
  readonly descriptor: number;
  readonly size: number;
}

/**
 * The shared volume as the sidecar sees it: any job may have put anything anywhere. Every path is walked from the
 * root's descriptor without following a link; nothing blocks; nothing is read without a bound. Paths are relative.
 */
export class Volume {
  readonly root: string;
  readonly #directory: number;

  /** @throws the operating system's error when the root is not a directory that can be opened */
  constructor(root: string) {
    this.root = root;
    this.#directory = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  }

  /** Reads a small file whole. A file larger than `limit` bytes is refused. */
  read(path: string, limit: number): Look {
    const opened = this.openFile(path);
    if ('kind' in opened) return opened;
    try {
      // One byte more than the limit tells a file that is too large, also while it grows.
      const bytes = readUpTo(opened.descriptor, limit + 1);
      return bytes.length > limit
        ? { kind: 'refused', reason: `is larger than ${limit} bytes` }
        : { kind: 'read', bytes };
    } finally {
      closeSync(opened.descriptor);
    }
  }

  /** Opens a regular file for reading. */
  openFile(path: string): OpenFile | Exclude<Look, { kind: 'read' }> {
    const opened = this.openAny(path, constants.O_RDONLY);
    if ('kind' in opened) return opened;
    const { descriptor } = opened;
    const status = fstatSync(descriptor);
    if (status.isFile()) return { descriptor, size: status.size };
    closeSync(descriptor);
    return { kind: 'refused', reason: 'is not a regular file' };
  }

  /** The size of a regular file in bytes; null where there is none. */
  sizeOf(path: string): number | null {
    const opened = this.openFile(path);
    if ('kind' in opened) return null;
    closeSync(opened.descriptor);
    return opened.size;
  }

  /** Opens whatever is there, links aside, with these flags of open(2). */
  openAny(path: string, flags: number): { readonly descriptor: number } | Exclude<Look, { kind: 'read' }> {
    try {
      return { descriptor: openBeneath(this.#directory, path, flags) };
    } catch (error) {
      const code = errnoOf(error);
      if (code === 'ENOENT') return { kind: 'absent' };
      return {
        kind: 'refused',
        reason: code === 'ELOOP' ? 'is a symbolic link' : `cannot be opened (${code})`,
      };
    }
  }

  /** Whether anything is there, a link or whatever else. */
  has(path: string): boolean {
    const opened = this.openAny(path, pathOnly);
    if ('kind' in opened) return opened.kind !== 'absent';
    closeSync(opened.descriptor);
    return true;
  }

  /** Gives an entry another name in its directory; what has that name already is replaced. */
  renameTo(path: string, name: string): void {
    this.#within(path, (parent, before) => renameWithin(parent, before, name));
  }

  /** The names in a directory, at most `limit` of them; none when it is not there. */
  list(path: string, limit: number): readonly string[] {
    const opened = this.openAny(path, constants.O_RDONLY | constants.O_DIRECTORY);
    if ('kind' in opened) return [];
    try {
      return firstNames(`/proc/self/fd/${opened.descriptor}`, limit);
    } finally {
      closeSync(opened.descriptor);
    }
  }

  /** Makes a directory, and gives it this mode whatever the umask. It is no error when it is there. */
  makeDirectory(path: string, mode: number): void {
    this.#within(path, (parent, name) => {
      makeDirectoryWithin(parent, name, mode);
      const made = openBeneath(parent, name, constants.O_RDONLY | constants.O_DIRECTORY);
      try {
        fchmodSync(made, mode);
      } catch (error) {
        // Another user's directory keeps the mode that its owner gave it.
        if (errnoOf(error) !== 'EPERM') throw error;
      } finally {
        closeSync(made);
      }
    });
  }

  /** Makes a directory and all that lead to it, with this mode as far as they are new. */
  makeDirectories(path: string, mode = 0o755): void {
    const parts = path.split('/');
    for (const [index] of parts.entries()) this.makeDirectory(parts.slice(0, index + 1).join('/'), mode);
  }

  /** Makes a file appear whole, as `publish` does for those who trust the path. */
  publish(path: string, content: string | Uint8Array, mode = 0o644): void {
    this.#within(path, (parent, name) => {
      const temporary = this.#createBeside(parent, mode);
      try {
        writeWhole(temporary.file, typeof content === 'string' ? Buffer.from(content) : content, 0);
        renameWithin(parent, temporary.name, name);
      } catch (error) {
        removeWithin(parent, temporary.name);
        throw error;
      } finally {
        closeSync(temporary.file);
      }
    });
  }

  /** As `publish`, for content that comes in pieces; a piece of zeros becomes a hole. */
  async publishPieces(path: string, pieces: AsyncIterable<Uint8Array | number>, mode = 0o644): Promise<void> {
    const slash = path.lastIndexOf('/');
    const parent = this.#openDirectory(path.slice(0, Math.max(slash, 0)));
    const name = path.slice(slash + 1);
    let temporary: { readonly name: string; readonly file: number } | null = null;
    try {
      temporary = this.#createBeside(parent, mode);
      await writeSparse(temporary.file, pieces);
      renameWithin(parent, temporary.name, name);
    } catch (error) {
      if (temporary !== null) removeWithin(parent, temporary.name);
      throw error;
    } finally {
      if (temporary !== null) closeSync(temporary.file);
      closeSync(parent);
    }
  }

  /** Removes what is no directory; it is no error when it is not there. */
  remove(path: string): void {
    this.#within(path, removeWithin);
  }

  /** Removes what a process that was killed had half published in a directory; whoever calls is the only one to write there. */
  removeUnpublished(path: string): void {
    const names = this.list(path, limits.listedNames).filter((name) => temporaryName.test(name));
    for (const name of names) {
      try {
        this.remove(`${path}/${name}`);
      } catch {
        // A directory that a job has made, say: it is nothing of ours, and only takes room.
      }
    }
  }

  /** Opens a file for appending, and creates it with mode 0600; the caller closes the descriptor. */
  openAppend(path: string): number {
    return openBeneath(
      this.#directory,
      path,
      constants.O_RDWR | constants.O_APPEND | constants.O_CREAT,
      0o600,
    );
  }

  close(): void {
    closeSync(this.#directory);
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

  /** Its name is short: the one that it will have may be as long as a name can be. */
  #createBeside(parent: number, mode: number): { readonly name: string; readonly file: number } {
    const temporary = `.emissary.${pid}.tmp`;
    removeWithin(parent, temporary);
    const file = openBeneath(
      parent,
      temporary,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
      mode,
    );
    fchmodSync(file, mode);
    return { name: temporary, file };
  }
}

/** O_PATH (open(2)): whatever it is, it is not opened. Node does not name it. */
const pathOnly = 0o10000000;

/** A file that is being written, by the process with this id. */
const temporaryName = /^\.emissary\.[0-9]+\.tmp$/;
