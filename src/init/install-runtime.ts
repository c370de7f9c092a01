import { join } from 'node:path';
import type { Layout } from '../contract/layout.ts';
import { publish, publishCopy } from '../contract/publish.ts';
import type { CarriedRuntime } from './carried-runtime.ts';
import { makeOwnDirectory, ownerOn } from './own-directory.ts';
import { removeUnpublished } from './remove-unpublished.ts';
import { writing } from './writing.ts';

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
