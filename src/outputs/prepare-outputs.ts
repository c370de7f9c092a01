import { closeSync, fstatSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cwd, pid } from 'node:process';
import { messageOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import { makeDirectories } from '../base/make-directories.ts';
import { hopelessPatterns } from '../settings/template/php-pattern.ts';
import type { MultiflexiBlock } from '../settings/template/template.ts';

/** The moment before the job's start, by the clock of the file system where its files are looked for. */
export interface StartStamp {
  readonly directory: string;
  /** A file of the job's has a change time of this or later, in ns since 1970. */
  readonly changedNs: bigint;
}

/**
 * Makes what must be there before the job starts: its own directory, that of the result file, and, where MultiFlexi's patterns
 * will look for files, the mark by which those that this job wrote are told from those that were there.
 * Nothing here keeps the job from starting: what cannot be made is said.
 */
export function prepareOutputs(wanted: MultiflexiBlock): StartStamp | null {
  const { resultFile, artifactPatterns, artifactDirectory, temporaryDirectory } = wanted;
  if (temporaryDirectory !== null) makeDirectory(temporaryDirectory, "the job's directory");
  if (resultFile !== null) makeDirectory(dirname(resultFile), "the result file's directory");
  for (const key of hopelessPatterns(artifactPatterns))
    log(`${key} is not a regular expression, and fits no file`);
  if (artifactPatterns.length === 0) return null;
  const directory = artifactDirectory ?? (resultFile === null ? cwd() : dirname(resultFile));
  return { directory, changedNs: markIn(directory) };
}

function makeDirectory(directory: string, what: string): void {
  try {
    makeDirectories(directory);
  } catch (error) {
    log(`Cannot make ${what} ${directory}: ${messageOf(error)}`);
  }
}

/**
 * The kernel stamps files with a clock that moves in steps of some milliseconds. The mark is the first stamp of a new
 * step: whatever was written before it is older, and whatever the job writes is not.
 */
function markIn(directory: string): bigint {
  const path = join(directory, `.emissary.${pid}`);
  try {
    const file = openSync(path, 'wx', 0o600);
    try {
      return nextStep(file);
    } finally {
      closeSync(file);
      unlinkSync(path);
    }
  } catch {
    // There is no such directory yet, or none that takes a file: the machine's own clock will do.
    return BigInt(Date.now() - limits.clockStepMs) * 1_000_000n;
  }
}

function nextStep(file: number): bigint {
  const first = stamp(file);
  const end = performance.now() + 2 * limits.clockStepMs;
  for (let now = first; ; now = stamp(file)) if (now > first || performance.now() > end) return now;
}

function stamp(file: number): bigint {
  writeSync(file, '.', 0);
  return fstatSync(file, { bigint: true }).ctimeNs;
}
