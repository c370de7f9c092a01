import type { Stats } from 'node:fs';
import type { Skipped } from '../skipped.ts';
import type { BytePath } from './byte-path.ts';

/** What a tar keeps of a member beside its bytes: values by the keywords of GNU tar and star. */
export type Attributes = ReadonlyMap<string, Buffer>;

/** One thing that goes into an archive. */
export interface Member {
  /** Its name in the archive; a directory's has no slash at the end. */
  readonly name: BytePath;
  /** Where its bytes are. */
  readonly path: BytePath;
  readonly kind: 'file' | 'directory' | 'link';
  /** Permission bits. */
  readonly mode: number;
  /** Bytes of a file; 0 for the others. */
  readonly size: number;
  /** Whether it may have holes. */
  readonly sparse: boolean;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** The bytes of a file whose size is known only when it is read; null for all others. */
  readonly content: Buffer | null;
  /** What a link says. */
  readonly target: BytePath;
  /** Tells files that are one file under several names; null where there is only this name. */
  readonly identity: string | null;
  /** What a tar keeps of it beside its bytes, where that is wanted. */
  readonly attributes?: Attributes;
}

/** Where a walk begins. */
export interface Root {
  readonly path: BytePath;
  readonly name: BytePath;
  readonly stats: Stats;
}

/** What a walk needs to know beside its beginning. */
export interface Walk {
  readonly skipped: Skipped;
  /** The volume that the outputs are saved to: never a part of them. */
  readonly volume: { readonly dev: number; readonly ino: number };
}
