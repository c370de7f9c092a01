import { accessSync, constants, statSync } from 'node:fs';
import { errnoOf, Fault, messageOf } from '../base/fault.ts';
import type { Outcome } from './outcome.ts';

type NotStarted = Extract<Outcome, { kind: 'notStarted' }>;

/** execvp(3)'s own default where PATH is not set. */
const defaultPath = Buffer.from('/bin:/usr/bin');
const missing = 'missing';
/** Shortages that prevent the start of any process, by errno. */
const shortages: Readonly<Record<number, string>> = {
  11: 'too many processes',
  12: 'out of memory',
  23: 'too many open files',
};
const slash = 0x2f;
const colon = 0x3a;

/**
 * Finds the file to execute as execvp(3) does: a name with a slash is a path; any other is searched for in PATH, where
 * an empty entry is the working directory. The search continues past files that are not executable.
 *
 * @param path the job's PATH, null if it is not set
 */
export function findCommand(arg: Buffer, path: Buffer | null): Buffer | NotStarted {
  if (arg.length === 0) return notStarted(127, 'Cannot run "": the command is empty');
  if (arg.includes(slash)) {
    const problem = whyNotExecutable(arg);
    if (problem === null) return arg;
    return problem === missing ? noSuchFile(arg) : refused(arg, problem);
  }
  return search(arg, path ?? defaultPath);
}

/**
 * Maps an errno of posix_spawn(3) to the job's outcome: 127 if the file is missing, else 126.
 * @throws Fault `supervision` if the error is not about the command
 */
export function refusedBy(file: Buffer, errno: number): NotStarted {
  const shortage = shortages[errno];
  if (shortage !== undefined) throw new Fault('supervision', `Cannot run ${shown(file)}: ${shortage}`);
  const reasons: Readonly<Record<number, string>> = {
    2: 'its interpreter is missing',
    7: 'the arguments and variables exceed the kernel limit',
    8: 'this machine cannot run it (bad executable format)',
    13: 'permission denied',
    26: 'the file is open for writing',
  };
  return notStarted(
    errno === 2 ? 127 : 126,
    `Cannot run ${shown(file)}: ${reasons[errno] ?? `error ${errno}`}`,
  );
}

function search(arg: Buffer, path: Buffer): Buffer | NotStarted {
  let refusal: NotStarted | null = null;
  for (const directory of split(path)) {
    const candidate = Buffer.concat([
      directory.length === 0 ? Buffer.from('.') : directory,
      Buffer.from('/'),
      arg,
    ]);
    const problem = whyNotExecutable(candidate);
    if (problem === null) return candidate;
    if (problem !== missing) refusal ??= refused(candidate, problem);
  }
  return refusal ?? notStarted(127, `Cannot run ${shown(arg)}: not found in PATH`);
}

function noSuchFile(arg: Buffer): NotStarted {
  // A removed working directory has no name left, so relative paths lead nowhere.
  const lost = arg[0] !== slash && statSync('.', { throwIfNoEntry: false })?.nlink === 0;
  return notStarted(
    127,
    `Cannot run ${shown(arg)}: ${lost ? 'the working directory was removed' : 'no such file'}`,
  );
}

function notStarted(code: 126 | 127, reason: string): NotStarted {
  return { kind: 'notStarted', code, reason };
}

function refused(file: Buffer, problem: string): NotStarted {
  return notStarted(126, `Cannot run ${shown(file)}: ${problem}`);
}

function shown(arg: Buffer): string {
  return JSON.stringify(arg.toString());
}

function whyNotExecutable(file: Buffer): string | null {
  try {
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat === undefined) return missing;
    if (stat.isDirectory()) return 'it is a directory';
    accessSync(file, constants.X_OK);
    return null;
  } catch (error) {
    return errnoOf(error) === 'EACCES' ? 'execute permission denied' : messageOf(error);
  }
}

function* split(path: Buffer): Generator<Buffer> {
  for (let start = 0; ; ) {
    const end = path.indexOf(colon, start);
    yield path.subarray(start, end === -1 ? path.length : end);
    if (end === -1) return;
    start = end + 1;
  }
}
