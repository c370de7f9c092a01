import { lstatSync, readdirSync } from 'node:fs';
import { errnoOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { NotSaved, readingReason } from '../reasons.ts';
import type { Saving } from '../saving.ts';
import type { Skipped } from '../skipped.ts';
import { type BytePath, bytePath, fsPath } from './byte-path.ts';
import { type NameMatcher, nameMatcher } from './name-matcher.ts';

/**
 * Finds the paths that match a pattern: `*`, `?` and `[…]` in names, `**` for any number of directories; a backslash
 * escapes the next character. As in a shell, a leading dot matches only a literal dot. Links are followed if the
 * pattern names them, but not by `**`.
 *
 * Not `fs.globSync`: its regular expressions can take exponential time on file names that the job chooses, and it does
 * not support names that are not UTF-8.
 *
 * @param pattern an absolute path
 * @param skipped gets the paths that could not be read and may contain further matches
 * @returns every path once, unordered; for a trailing `**`, everything in the directory before it
 * @throws NotSaved if there are too many paths; Stopped
 */
export async function glob(pattern: string, skipped: Skipped, saving: Saving): Promise<readonly BytePath[]> {
  const steps = pattern
    .split('/')
    // Repeated `**` mean the same as one, and would take quadratic time.
    .filter((part, index, parts) => part !== '' && !(part === '**' && parts[index - 1] === '**'))
    .map(stepOf);
  const found = new Set<BytePath>();
  const seen = new Set<string>();
  const open: Place[] = [{ path: '', next: 0 }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (saving.mustYield) await saving.yieldTurn();
    const { path, next } = place;
    const key = `${next} ${path}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > limits.globPlaces)
      throw new NotSaved(`its pattern visits more than ${limits.globPlaces} paths`);
    const step = steps[next];
    if (step === undefined) found.add(path);
    else
      for (const further of follow(step, place, { isLast: next === steps.length - 1, skipped }))
        open.push(further);
  }
  return [...found];
}

/** A path that matches the steps before `next`. */
interface Place {
  readonly path: BytePath;
  readonly next: number;
}

/** One part of a pattern: a literal name, a name pattern, or any number of directories. */
type Step = BytePath | NameMatcher | typeof anyDirectories;

const anyDirectories = Symbol('**');

function stepOf(part: string): Step {
  if (part === '**') return anyDirectories;
  return /[*?[]/.test(part) ? nameMatcher(part) : bytePath(part.replace(/\\(.)/gsu, '$1'));
}

function follow(
  step: Step,
  { path, next }: Place,
  { isLast, skipped }: { readonly isLast: boolean; readonly skipped: Skipped },
): readonly Place[] {
  const place = (name: BytePath, to: number): Place => ({ path: `${path}/${name}`, next: to });
  if (typeof step === 'string') {
    return isLast && !isThere(`${path}/${step}`, skipped) ? [] : [place(step, next + 1)];
  }
  if (typeof step === 'function') {
    return namesIn(path, skipped)
      .filter(step)
      .map((name) => place(name, next + 1));
  }
  if (isLast) return namesIn(path, skipped).map((name) => place(name, next + 1));
  const below = directoriesIn(path, skipped).map((name) => place(name, next));
  return [{ path, next: next + 1 }, ...below];
}

function isThere(path: BytePath, skipped: Skipped): boolean {
  return looking(path, skipped, () => lstatSync(fsPath(path), { throwIfNoEntry: false })) !== undefined;
}

function namesIn(path: BytePath, skipped: Skipped): readonly BytePath[] {
  const read = () => readdirSync(fsPath(`${path}/`), { encoding: 'latin1' });
  return looking(path, skipped, read) ?? [];
}

function directoriesIn(path: BytePath, skipped: Skipped): readonly BytePath[] {
  const read = () => readdirSync(fsPath(`${path}/`), { encoding: 'latin1', withFileTypes: true });
  return (looking(path, skipped, read) ?? [])
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name);
}

/** As in a shell, missing paths and non-directories contain no matches. */
const nothing: ReadonlySet<string | null> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG']);

function looking<T>(path: BytePath, skipped: Skipped, look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (!nothing.has(errnoOf(error))) skipped.add(path === '' ? '/' : path, readingReason(error));
    return undefined;
  }
}
