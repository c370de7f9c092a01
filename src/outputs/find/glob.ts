import { lstatSync, readdirSync } from 'node:fs';
import { errnoOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { NotSaved, readingReason } from '../reasons.ts';
import type { Saving } from '../saving.ts';
import type { Skipped } from '../skipped.ts';
import { type BytePath, bytePath, fsPath } from './byte-path.ts';
import { type NameMatcher, nameMatcher } from './name-matcher.ts';

/**
 * Finds what a pattern fits: `*`, `?` and `[…]` in names, `**` for any directories between; a backslash takes what
 * follows as it is. As in a shell, a name with a dot before it is found only by a dot. Links are gone through where
 * the pattern has a name for them, and not by `**`.
 *
 * Not `fs.globSync`: the names are the job's, and its regular expressions take for ever with some of them; nor does it
 * know names that are not UTF-8.
 *
 * @param pattern an absolute path
 * @param skipped takes what could not be looked at, in which there may be more that fits
 * @returns every path once, in no order; with `**` at its end, all that is in the directory before it
 * @throws NotSaved where there is no end of it; Stopped
 */
export async function glob(pattern: string, skipped: Skipped, saving: Saving): Promise<readonly BytePath[]> {
  const steps = pattern
    .split('/')
    // Two in a row are as one, and would take the square of its time.
    .filter((part, index, parts) => part !== '' && !(part === '**' && parts[index - 1] === '**'))
    .map(stepOf);
  const found = new Set<BytePath>();
  const seen = new Set<string>();
  const open: Place[] = [{ path: '', next: 0 }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (saving.isDue) await saving.turn();
    const { path, next } = place;
    const key = `${next} ${path}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > limits.globPlaces)
      throw new NotSaved(`its pattern leads to more than ${limits.globPlaces} paths`);
    const step = steps[next];
    if (step === undefined) found.add(path);
    else
      for (const further of follow(step, place, { isLast: next === steps.length - 1, skipped }))
        open.push(further);
  }
  return [...found];
}

/** How far a pattern was followed: `next` is the step that comes now. */
interface Place {
  readonly path: BytePath;
  readonly next: number;
}

/** One part of a pattern: a name, names that fit, or any directories. */
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

/** As for a shell, nothing is found in what is not there, or is no directory. */
const nothing: ReadonlySet<string | null> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG']);

function looking<T>(path: BytePath, skipped: Skipped, look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (!nothing.has(errnoOf(error))) skipped.add(path === '' ? '/' : path, readingReason(error));
    return undefined;
  }
}
