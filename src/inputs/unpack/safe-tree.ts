import {
  chmodSync,
  closeSync,
  fchmodSync,
  futimesSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { limits } from '../../base/limits.ts';
import { tooLarge } from '../too-large.ts';

/** The attributes of a file or directory in an archive. */
export interface Attributes {
  /** Permission bits; all others are dropped. */
  readonly mode: number;
  /** Seconds since 1970, or null. */
  readonly mtime: number | null;
}

const permissions = 0o777;
const defaultDirectory = 0o755;
const ownerAll = 0o700;

/**
 * A directory that an archive is unpacked into, and that no entry can escape: names are checked, links are never
 * followed, and everything is limited. `checkLinks` checks where the links of the finished tree lead.
 */
export class SafeTree {
  readonly #root: string;
  readonly #maxBytes: number;
  /** Every directory created here, with its attributes if the archive has them. */
  readonly #directories = new Map<string, Attributes | null>();
  #entries = 0;
  #bytes = 0;

  /**
   * @param root the directory to create
   * @param maxBytes total bytes that its files may have
   */
  constructor(root: string, maxBytes: number) {
    this.#root = root;
    this.#maxBytes = maxBytes;
    mkdirSync(root);
    this.#directories.set(root, null);
  }

  directory(name: string, attributes: Attributes): void {
    const path = this.#place(name);
    this.#makeDirectory(path, name);
    if (path !== this.#root) this.#directories.set(path, attributes);
  }

  /** Starts a file, which must be closed after all is written. */
  file(name: string, attributes: Attributes): TreeFile {
    return new TreeFile(this.#free(name), attributes, (bytes) => this.#count(bytes));
  }

  link(name: string, target: string): void {
    if (target === '' || target.startsWith('/') || Buffer.byteLength(target) > limits.linkBytes)
      throw new Error(`refused: its link "${name}" leads out of it, to "${target}"`);
    symlinkSync(target, this.#free(name));
  }

  /** Adds a hard link to an earlier file of the archive. */
  hardLink(name: string, target: string): void {
    const original = this.#place(target);
    const isOurs = this.#directories.has(dirname(original));
    if (!isOurs || lstatSync(original, { throwIfNoEntry: false })?.isFile() !== true)
      throw new Error(`refused: "${name}" is a hard link to "${target}", which is not a file in it`);
    if (original !== this.#place(name)) linkSync(original, this.#free(name));
  }

  /** @throws Error if the unpacked size is out of proportion to the packed bytes read so far */
  checkRatio(packed: number): void {
    if (this.#bytes > limits.inputRatioFreeBytes && this.#bytes > limits.inputRatio * packed)
      throw new Error(`refused: it unpacks to more than ${limits.inputRatio} times its size`);
  }

  /** Sets the modes and times of directories, which unpacking into them would have changed. */
  finish(): void {
    for (const [path, attributes] of [...this.#directories].reverse()) {
      // Whoever unpacked it must be able to remove it.
      chmodSync(path, ((attributes?.mode ?? defaultDirectory) & permissions) | ownerAll);
      if (attributes?.mtime != null) utimesSync(path, attributes.mtime, attributes.mtime);
    }
  }

  /** Returns the path of a new entry, after creating its directories and removing what was there. */
  #free(name: string): string {
    const path = this.#place(name);
    if (this.#directories.has(path)) throw new Error(`refused: "${name}" is already a directory in it`);
    this.#makeDirectory(dirname(path), name);
    rmSync(path, { force: true });
    return path;
  }

  #place(name: string): string {
    this.#entries += 1;
    if (this.#entries > limits.inputEntries)
      throw new Error(`refused: more than ${limits.inputEntries} entries`);
    const parts = name.split('/').filter((part) => part !== '' && part !== '.');
    if (name.startsWith('/') || parts.includes('..') || name.includes('\0'))
      throw new Error(`refused: its entry "${name}" would be outside its directory`);
    if (parts.length > limits.inputDepth)
      throw new Error(`refused: it is nested deeper than ${limits.inputDepth} directories`);
    return join(this.#root, ...parts);
  }

  #makeDirectory(path: string, name: string): void {
    if (this.#directories.has(path)) return;
    this.#makeDirectory(dirname(path), name);
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined)
      throw new Error(`refused: the path of "${name}" has a part that is not a directory in it`);
    mkdirSync(path);
    this.#directories.set(path, null);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes) throw new Error(`refused: unpacked, it is ${tooLarge(this.#maxBytes)}`);
  }
}

/** A file of the tree that is being written. */
export class TreeFile {
  readonly #file: number;
  readonly #attributes: Attributes;
  readonly #count: (bytes: number) => void;

  constructor(path: string, attributes: Attributes, count: (bytes: number) => void) {
    this.#file = openSync(path, 'wx', 0o600);
    this.#attributes = attributes;
    this.#count = count;
  }

  write(bytes: Uint8Array): void {
    this.#count(bytes.length);
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(this.#file, bytes, offset);
  }

  close(): void {
    const { mode, mtime } = this.#attributes;
    fchmodSync(this.#file, mode & permissions);
    if (mtime !== null) futimesSync(this.#file, mtime, mtime);
    closeSync(this.#file);
  }
}
