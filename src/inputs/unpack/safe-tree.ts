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

/** What an archive says of a file or directory. */
export interface Attributes {
  /** Permission bits; all others are dropped. */
  readonly mode: number;
  /** Seconds since 1970, or null. */
  readonly mtime: number | null;
}

const permissions = 0o777;
const usualDirectory = 0o755;
const ownerAll = 0o700;

/**
 * A directory into which an archive is unpacked and out of which nothing gets: names are checked, no link is ever gone
 * through, every count has its bound. Where the links of the finished tree lead is for `checkLinks`.
 */
export class SafeTree {
  readonly #root: string;
  readonly #most: number;
  /** Every directory made here, with its attributes where the archive gave them. */
  readonly #directories = new Map<string, Attributes | null>();
  #entries = 0;
  #bytes = 0;

  /**
   * @param root the directory to make
   * @param most bytes that its files may have in all
   */
  constructor(root: string, most: number) {
    this.#root = root;
    this.#most = most;
    mkdirSync(root);
    this.#directories.set(root, null);
  }

  directory(name: string, attributes: Attributes): void {
    const path = this.#place(name);
    this.#makeDirectory(path, name);
    if (path !== this.#root) this.#directories.set(path, attributes);
  }

  /** Begins a file; when all is written, it must be closed. */
  file(name: string, attributes: Attributes): TreeFile {
    return new TreeFile(this.#free(name), attributes, (bytes) => this.#count(bytes));
  }

  link(name: string, target: string): void {
    if (target === '' || target.startsWith('/') || Buffer.byteLength(target) > limits.linkBytes)
      throw new Error(`refused: its link "${name}" leads out of it, to "${target}"`);
    symlinkSync(target, this.#free(name));
  }

  /** Another name of a file that the archive held before. */
  hardLink(name: string, target: string): void {
    const original = this.#place(target);
    const isOurs = this.#directories.has(dirname(original));
    if (!isOurs || lstatSync(original, { throwIfNoEntry: false })?.isFile() !== true)
      throw new Error(`refused: "${name}" is another name of "${target}", which is no file of it`);
    if (original !== this.#place(name)) linkSync(original, this.#free(name));
  }

  /** @throws Error when what was unpacked so far is out of proportion to the packed bytes read for it */
  checkRatio(packed: number): void {
    if (this.#bytes > limits.inputRatioFreeBytes && this.#bytes > limits.inputRatio * packed)
      throw new Error(`refused: it becomes more than ${limits.inputRatio} times as large as it is`);
  }

  /** Gives directories their modes and times, which unpacking into them had to leave open. */
  finish(): void {
    for (const [path, attributes] of [...this.#directories].reverse()) {
      // Whoever unpacked it must be able to remove it again.
      chmodSync(path, ((attributes?.mode ?? usualDirectory) & permissions) | ownerAll);
      if (attributes?.mtime != null) utimesSync(path, attributes.mtime, attributes.mtime);
    }
  }

  /** The path of a new entry, with its directories made and what was there before removed. */
  #free(name: string): string {
    const path = this.#place(name);
    if (this.#directories.has(path)) throw new Error(`refused: "${name}" is a directory of it already`);
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
      throw new Error(`refused: its entry "${name}" would be out of its directory`);
    if (parts.length > limits.inputDepth)
      throw new Error(`refused: it is nested deeper than ${limits.inputDepth} directories`);
    return join(this.#root, ...parts);
  }

  #makeDirectory(path: string, name: string): void {
    if (this.#directories.has(path)) return;
    this.#makeDirectory(dirname(path), name);
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined)
      throw new Error(`refused: "${name}" goes through what is not a directory of it`);
    mkdirSync(path);
    this.#directories.set(path, null);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#most) throw new Error(`refused: unpacked, it is ${tooLarge(this.#most)}`);
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
