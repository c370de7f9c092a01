import { accessSync, constants, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { getAsset, getAssetKeys, getRawAsset, isSea } from 'node:sea';
import { zstdDecompressSync } from 'node:zlib';
import { errnoOf, Fault } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import type { Layout } from '../contract/layout.ts';
import { publish, publishCopy } from '../contract/publish.ts';
import { removeUnpublished } from './leftovers.ts';
import { makeOwnDirectory, ownerOn } from './make-directory.ts';
import { writing } from './writing.ts';

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

/** What the running program embeds. @throws Fault `usage` if this is the bare script, not the built program */
export function carriedRuntime(): CarriedRuntime {
  if (!isSea()) throw new Fault('usage', 'init: only the built program can install itself');
  const libraries = getAssetKeys()
    .filter((key) => key.startsWith(libraryPrefix))
    .map((key) => [key.slice(libraryPrefix.length), () => unpacked(bytesOf(key))] as const);
  return { id: getAsset('id', 'utf8'), bootstrap: bytesOf('bootstrap'), libraries: new Map(libraries) };
}

/**
 * Installs the running program on the volume so that it starts in any image: the program, its loader and its
 * libraries go to `runtime/<id>/`. Nothing starts it until its bootstrap is published. A program that already runs
 * from there is not affected.
 *
 * @param program the running file
 * @param carried what the program embeds for this
 * @throws Fault `volume`
 */
export async function installRuntime(
  program: string,
  { id, libraries }: CarriedRuntime,
  layout: Layout,
): Promise<void> {
  const directory = join(layout.runtimes, id);
  const owner = writing(layout.root, () => ownerOn(layout.root));
  for (const made of [layout.runtimes, directory]) writing(made, () => makeOwnDirectory(made, owner));
  removeUnpublished(layout, directory);
  // The libraries are unpacked while the kernel copies the program.
  const parts = [publishProgram(program, join(directory, 'program')), publishLibraries(directory, libraries)];
  for (const part of await Promise.allSettled(parts)) if (part.status === 'rejected') throw part.reason;
}

/**
 * Publishes the bootstrap on the volume under both of the program's names: from now on the program can be started. So
 * it comes last, after everything that a job needs.
 *
 * @throws Fault `volume`, also if the volume forbids executing programs
 */
export function publishBootstrap({ bootstrap, id }: CarriedRuntime, layout: Layout): void {
  for (const name of [layout.program, layout.argoProgram]) {
    writing(name, () => publish(name, bootstrap, 0o555));
  }
  checkExecutable(layout.program);
  removeOthers(layout.runtimes, id);
}

function unpacked(library: Uint8Array): Uint8Array {
  return zstdDecompressSync(library, { chunkSize: limits.libraryBytes });
}

function bytesOf(key: string): Uint8Array {
  return new Uint8Array(getRawAsset(key));
}

/** Not executable itself: without the bootstrap it would read the disguised variable names. */
async function publishProgram(program: string, path: string): Promise<void> {
  try {
    await publishCopy(program, path, 0o444);
  } catch (cause) {
    writing(path, () => {
      throw cause;
    });
  }
}

async function publishLibraries(directory: string, libraries: CarriedRuntime['libraries']): Promise<void> {
  for (const [name, unpack] of libraries) {
    const path = join(directory, name);
    writing(path, () => publish(path, unpack(), 0o555));
  }
}

/** access(2) also checks the mount: on a `noexec` mount no user may execute, not even root. */
function checkExecutable(path: string): void {
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    const reason = `programs cannot be started from its volume, which is mounted noexec (${errnoOf(cause)})`;
    throw new Fault('volume', `Cannot install "${path}": ${reason}`, { cause });
  }
}

/** Removes runtimes of other versions. One that is still running keeps its files until it exits. */
function removeOthers(runtimes: string, id: string): void {
  for (const name of readdirSync(runtimes)) {
    const path = join(runtimes, name);
    if (name !== id) writing(path, () => rmSync(path, { recursive: true, force: true }));
  }
}
