import { accessSync, constants, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, Fault } from '../base/fault.ts';
import type { Layout } from '../contract/layout.ts';
import { publish } from '../contract/publish.ts';
import type { CarriedRuntime } from './carried-runtime.ts';
import { writing } from './writing.ts';

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
