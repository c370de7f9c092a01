import {
  lstatSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmdirSync,
  type Stats,
  statSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errnoOf, Fault, messageOf } from '../base/fault.ts';
import { makeDirectories } from '../base/make-directories.ts';
import type { Layout } from '../contract/layout.ts';
import type { InputArtifact, Template } from '../settings/template/template.ts';
import { stagedPath } from './staged-path.ts';

/**
 * Places the staged inputs at their paths in the main container, each as a link to the volume. Replaces an existing
 * file; keeps an existing directory and adds the input's entries to it; never replaces anything in a mounted volume.
 *
 * @throws Fault `inputs`
 */
export function placeInputs(template: Template, layout: Layout): void {
  const staged = template.inputs.filter((input) => isStaged(input, layout));
  for (const input of staged) {
    // It was staged inside another input, whose link includes it.
    if (staged.some((other) => input.path.startsWith(`${other.path}/`))) continue;
    try {
      makeDirectories(dirname(input.path));
      place(stagedPath(layout.inputs, input.path), input.path, template.volumeMounts);
    } catch (cause) {
      const reason = cause instanceof Refused ? cause.message : placingReason(cause, input.path);
      throw new Fault('inputs', `Cannot put input ${input.name} at ${input.path}: ${reason}`, { cause });
    }
  }
}

/** An error whose message is the reason. */
class Refused extends Error {}

function isStaged(input: InputArtifact, layout: Layout): boolean {
  const staged = stagedPath(layout.inputs, input.path);
  if (lstatSync(staged, { throwIfNoEntry: false }) !== undefined) return true;
  if (input.optional) return false;
  throw new Fault('inputs', `Input ${input.name} (${input.path}) was not staged: emissary init has not run`);
}

function place(staged: string, path: string, mounts: readonly string[]): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there?.isSymbolicLink() === true && readlinkSync(path) === staged) return;
  const mount = mountOf(path, mounts);
  if (there?.isDirectory() === true) {
    if (lstatSync(staged).isDirectory()) {
      for (const name of readdirSync(staged)) place(join(staged, name), join(path, name), mounts);
      return;
    }
    removeEmpty(path, there, mount);
  } else if (there !== undefined) {
    if (mount !== null)
      throw new Refused(
        `${path} already exists in the volume mounted at ${mount}, where nothing is replaced`,
      );
    unlinkSync(path);
  }
  symlinkSync(staged, path);
}

function removeEmpty(path: string, there: Stats, mount: string | null): void {
  if (mount !== null || readdirSync(path).length > 0) throw new Refused(`${path} is an existing directory`);
  if (isWorkingDirectory(there))
    throw new Refused(`${path} is an existing directory (the job's working directory)`);
  rmdirSync(path);
}

/** Even if it is empty, it must stay: the job could not start in a removed directory. */
function isWorkingDirectory({ dev, ino }: Stats): boolean {
  const own = statSync('.', { throwIfNoEntry: false });
  return own?.dev === dev && own.ino === ino;
}

/** The mounted volume that contains a path after resolving links. */
function mountOf(path: string, mounts: readonly string[]): string | null {
  const real = join(realpathSync(dirname(path)), basename(path));
  const isIn = (mount: string) => [path, real].some((each) => each === mount || each.startsWith(`${mount}/`));
  return mounts.find((mount) => mount !== '/' && isIn(mount)) ?? null;
}

function placingReason(error: unknown, path: string): string {
  switch (errnoOf(error)) {
    case 'EROFS':
      return `the container's root is read-only; mount a volume at ${dirname(path)}`;
    case 'EACCES':
    case 'EPERM':
      return `the job's user may not write to ${dirname(path)}; mount a volume there`;
    case 'EBUSY':
      return 'a volume is mounted there';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a part of its path is not a directory';
    default:
      return messageOf(error);
  }
}
