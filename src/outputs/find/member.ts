import type { Stats } from 'node:fs';
import type { MaskedFile } from '../member-reader.ts';
import type { Skipped } from '../skipped.ts';
import type { BytePath } from './byte-path.ts';

/** A member's extended attributes in a tar: values by the keywords of GNU tar and star. */
export type Attributes = ReadonlyMap<string, Buffer>;

/** One file, directory or link in an archive. */
export interface Member {
  /** Its name in the archive; a directory's has no trailing slash. */
  readonly name: BytePath;
  /** Its path in the file system. */
  readonly path: BytePath;
  readonly kind: 'file' | 'directory' | 'link';
  /** Permission bits. */
  readonly mode: number;
  /** Size of a file in bytes; 0 for the other kinds. */
  readonly size: number;
  /** Whether the file may have holes. */
  readonly sparse: boolean;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** The bytes of a kernel file, whose size is unknown before it is read; null for all others. */
  readonly content: Buffer | null;
  /** The target of a symbolic link. */
  readonly target: BytePath;
  /** Identifies hard links to the same file; null if the file has only this name. */
  readonly identity: string | null;
  /** Present if extended attributes are to be kept. */
  readonly attributes?: Attributes;
  /** Present if secrets in it are masked; `size` is then that of the masked file. */
  readonly masked?: MaskedFile;
}

/** Where a walk begins. */
export interface Root {
  readonly path: BytePath;
  readonly name: BytePath;
  readonly stats: Stats;
}

/** What a walk needs besides its root. */
export interface Walk {
  readonly skipped: Skipped;
  /** The volume that the outputs are saved to; never part of an artifact. */
  readonly volume: { readonly dev: number; readonly ino: number };
}
