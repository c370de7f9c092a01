import { accessSync, chmodSync, constants, copyFileSync, linkSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pid } from 'node:process';
import { errnoOf, Fault } from '../base/fault.ts';
import type { Layout } from '../contract/layout.ts';
import { writing } from './writing.ts';

/**
 * Puts the running program on the volume under both its names.
 * @param program the file that runs
 * @throws Fault `volume`, also when programs cannot be started from there
 */
export function installProgram(program: string, layout: Layout): void {
  replace(layout.program, (temporary) => {
    // A reference copy where the file system can, else in the kernel: the bytes never come through here.
    copyFileSync(program, temporary, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    chmodSync(temporary, 0o555);
  });
  replace(layout.argoProgram, (temporary) => linkSync(layout.program, temporary));
  checkExecutable(layout.program);
}

/** A file that is executing cannot be written, only replaced by another one under its name. */
function replace(path: string, make: (temporary: string) => void): void {
  const temporary = join(dirname(path), `.${basename(path)}.${pid}.tmp`);
  writing(path, () => {
    try {
      rmSync(temporary, { force: true });
      make(temporary);
      renameSync(temporary, path);
    } finally {
      rmSync(temporary, { force: true });
    }
  });
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
