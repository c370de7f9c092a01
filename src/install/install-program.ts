import { accessSync, constants, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, Fault } from '../base/fault.ts';
import type { Layout } from '../contract/layout.ts';
import { publish } from '../contract/publish.ts';
import type { CarriedRuntime } from './carried-runtime.ts';
import { makeDirectory } from './make-directory.ts';
import { publishCopy } from './publish-copy.ts';
import { writing } from './writing.ts';

/**
 * Puts the running program on the volume, in such a way that it starts in any image: the program, the loader and the
 * libraries in `runtime/<id>/`, and the launcher, which starts them, under both of the program's names. The launcher
 * comes last: what it needs is there when it appears. Whatever runs from there already goes on undisturbed.
 *
 * @param program the file that runs
 * @param carried what the program carries for this
 * @throws Fault `volume`, also when programs cannot be started from there
 */
export async function installProgram(
  program: string,
  carried: CarriedRuntime,
  layout: Layout,
): Promise<void> {
  await installRuntime(program, carried, layout);
  for (const name of [layout.program, layout.argoProgram]) {
    writing(name, () => publish(name, carried.launcher, 0o555));
  }
  checkExecutable(layout.program);
  removeOthers(layout.runtimes, carried.id);
}

async function installRuntime(
  program: string,
  { id, libraries }: CarriedRuntime,
  layout: Layout,
): Promise<void> {
  const directory = join(layout.runtimes, id);
  for (const made of [layout.runtimes, directory]) writing(made, () => makeDirectory(made, 0o755));
  // While the kernel copies the program, the libraries are unpacked.
  const parts = [publishProgram(program, join(directory, 'program')), publishLibraries(directory, libraries)];
  for (const part of await Promise.allSettled(parts)) if (part.status === 'rejected') throw part.reason;
}

/** Not executable by itself: without the launcher it would take the disguised variables for real ones. */
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

/** access(2) asks the mount too: on one that is `noexec` nobody may execute, root included. */
function checkExecutable(path: string): void {
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    const found = `programs cannot be started from its volume, which is mounted noexec (${errnoOf(cause)})`;
    throw new Fault('volume', `Cannot install "${path}": ${found}`, { cause });
  }
}

/** Runtimes of other versions. One that still runs keeps its files until it ends. */
function removeOthers(runtimes: string, id: string): void {
  for (const name of readdirSync(runtimes)) {
    const path = join(runtimes, name);
    if (name !== id) writing(path, () => rmSync(path, { recursive: true, force: true }));
  }
}
