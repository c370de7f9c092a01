import { getAsset, getAssetKeys, getRawAsset, isSea } from 'node:sea';
import { zstdDecompressSync } from 'node:zlib';
import { Fault } from '../base/fault.ts';
import { limits } from '../base/limits.ts';

/** What the program carries to make itself start in any image; put in by the build. */
export interface CarriedRuntime {
  /** Names this runtime among others, by its content. */
  readonly id: string;
  /** The static program that starts it (`build/bootstrap/bootstrap.ts`). */
  readonly bootstrap: Uint8Array;
  /** The loader (`ld.so`) and the libraries, by file name; unpacked when asked for. */
  readonly libraries: ReadonlyMap<string, () => Uint8Array>;
}

const libraryPrefix = 'library-';

/** @throws Fault `usage` when this is not the built program but its bare script */
export function carriedRuntime(): CarriedRuntime {
  if (!isSea()) throw new Fault('usage', 'init: only the built program can install itself');
  const libraries = getAssetKeys()
    .filter((key) => key.startsWith(libraryPrefix))
    .map((key) => [key.slice(libraryPrefix.length), () => unpacked(bytesOf(key))] as const);
  return { id: getAsset('id', 'utf8'), bootstrap: bytesOf('launcher'), libraries: new Map(libraries) };
}

function unpacked(library: Uint8Array): Uint8Array {
  return zstdDecompressSync(library, { chunkSize: limits.libraryBytes });
}

function bytesOf(key: string): Uint8Array {
  return new Uint8Array(getRawAsset(key));
}
