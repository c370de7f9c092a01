import { getAsset, getAssetKeys, getRawAsset, isSea } from 'node:sea';
import { zstdDecompressSync } from 'node:zlib';
import { Fault } from '../base/fault.ts';
import { limits } from '../base/limits.ts';

/** What the program embeds to be able to start in any image; added by the build. */
export interface CarriedRuntime {
  /** Identifies this runtime by its content. */
  readonly id: string;
  /** The static program that starts it (`build/bootstrap/bootstrap.ts`). */
  readonly bootstrap: Uint8Array;
  /** The loader (`ld.so`) and the libraries, by file name; unpacked on demand. */
  readonly libraries: ReadonlyMap<string, () => Uint8Array>;
}

const libraryPrefix = 'library-';

/** @throws Fault `usage` if this is the bare script, not the built program */
export function carriedRuntime(): CarriedRuntime {
  if (!isSea()) throw new Fault('usage', 'init: only the built program can install itself');
  const libraries = getAssetKeys()
    .filter((key) => key.startsWith(libraryPrefix))
    .map((key) => [key.slice(libraryPrefix.length), () => unpacked(bytesOf(key))] as const);
  return { id: getAsset('id', 'utf8'), bootstrap: bytesOf('bootstrap'), libraries: new Map(libraries) };
}

function unpacked(library: Uint8Array): Uint8Array {
  return zstdDecompressSync(library, { chunkSize: limits.libraryBytes });
}

function bytesOf(key: string): Uint8Array {
  return new Uint8Array(getRawAsset(key));
}
