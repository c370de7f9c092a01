import { closeSync, fstatSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cwd, pid } from 'node:process';
import { messageOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import { makeDirectories } from '../base/make-directories.ts';
import { invalidPatterns } from '../settings/template/php-pattern.ts';
import type { MultiflexiBlock } from '../settings/template/template.ts';

/** The time just before the job's start, by the clock of the file system that is searched for its files. */
export interface StartStamp {
  readonly directory: string;
  /** The job's files have this change time or a later one; ns since 1970. */
  readonly changedNs: bigint;
}

/**
 * Creates the job's temporary directory and that of the result file. If MultiFlexi's patterns will search for files,
 * also takes the start stamp that distinguishes the job's files from older ones. Failures are logged and never prevent
 * the job's start.
 */
export function prepareOutputs(wanted: MultiflexiBlock): StartStamp | null {
  const { resultFile, artifactPatterns, artifactDirectory, temporaryDirectory } = wanted;
  if (temporaryDirectory !== null) makeDirectory(temporaryDirectory, "the job's directory");
  if (resultFile !== null) makeDirectory(dirname(resultFile), "the result file's directory");
  for (const key of invalidPatterns(artifactPatterns))
    log(`${key} is not a valid regular expression and matches no file`);
  if (artifactPatterns.length === 0) return null;
  const directory = artifactDirectory ?? (resultFile === null ? cwd() : dirname(resultFile));
  return { directory, changedNs: startTimeIn(directory) };
}

function makeDirectory(directory: string, what: string): void {
  try {
    makeDirectories(directory);
  } catch (error) {
    log(`Cannot create ${what} ${directory}: ${messageOf(error)}`);
  }
}

/**
 * The kernel's clock for file times advances in steps of a few milliseconds. The start stamp is the first time of a new
 * step: everything written before is older, and nothing that the job writes is.
 */
function startTimeIn(directory: string): bigint {
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
    // The directory does not exist yet or is not writable: the system clock is close enough.
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
