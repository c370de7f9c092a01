import { accessSync, constants, statSync } from 'node:fs';
import type { Outcome } from './outcome.ts';

type NotStarted = Extract<Outcome, { kind: 'notStarted' }>;

/** execvp(3)'s own default where PATH is not set. */
const defaultPath = Buffer.from('/bin:/usr/bin');
const slash = 0x2f;
const colon = 0x3a;

/**
 * Finds the file to execute as execvp(3) does: a word with a slash is a path; any other is looked for in PATH, where
 * an empty part is the working directory; a file that may not be executed does not end the search.
 *
 * @param path the job's own PATH, null where it is not set
 */
export function findCommand(word: Buffer, path: Buffer | null): Buffer | NotStarted {
  const shown = JSON.stringify(word.toString());
  if (word.length === 0) return notStarted(127, 'Cannot run "": the command is empty');
  if (word.includes(slash)) {
    const problem = whyNotExecutable(word);
    if (problem === null) return word;
    return problem === 'missing'
      ? notStarted(127, `Cannot run ${shown}: no such file`)
      : notStarted(126, `Cannot run ${shown}: ${problem}`);
  }
  return searchPath(word, path ?? defaultPath);
}

/** What posix_spawn's errno means for the job: 127 where nothing is there, else 126. */
export function refusedBy(file: Buffer, errno: number): NotStarted {
  const shown = JSON.stringify(file.toString());
  const reasons: Readonly<Record<number, string>> = {
    2: 'the interpreter that the file names is not there',
    7: 'the arguments and variables are longer than the kernel takes',
    8: 'not a program that this machine can run (bad format)',
    12: 'no memory',
    13: 'permission denied',
    26: 'the file is being written to',
  };
  return notStarted(errno === 2 ? 127 : 126, `Cannot run ${shown}: ${reasons[errno] ?? `error ${errno}`}`);
}

function searchPath(word: Buffer, path: Buffer): Buffer | NotStarted {
  let refusal: string | null = null;
  for (const directory of split(path)) {
    const candidate = Buffer.concat([
      directory.length === 0 ? Buffer.from('.') : directory,
      Buffer.from('/'),
      word,
    ]);
    const problem = whyNotExecutable(candidate);
    if (problem === null) return candidate;
    if (problem !== 'missing') refusal ??= `Cannot run ${JSON.stringify(candidate.toString())}: ${problem}`;
  }
  return refusal === null
    ? notStarted(127, `Cannot run ${JSON.stringify(word.toString())}: not found in PATH`)
    : notStarted(126, refusal);
}

function notStarted(code: 126 | 127, reason: string): NotStarted {
  return { kind: 'notStarted', code, reason };
}

function whyNotExecutable(file: Buffer): 'missing' | string | null {
  try {
    if (statSync(file).isDirectory()) return 'it is a directory';
    accessSync(file, constants.X_OK);
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'missing';
    return code === 'EACCES' ? 'no permission to execute it' : `${code}`;
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
