import { lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { NotSaved, vanished } from '../reasons.ts';
import type { Saving } from '../saving.ts';
import type { Skipped } from '../skipped.ts';
import { type BytePath, bytePath, fsPath } from './byte-path.ts';
import { glob } from './glob.ts';
import type { Root } from './member.ts';
import { specialKind } from './members.ts';

/** What a search needs besides the path. */
export interface Search {
  readonly skipped: Skipped;
  readonly saving: Saving;
  /** Whether the path is literally that of one file, even if it contains wildcards. */
  readonly plain: boolean;
}

/**
 * Resolves an artifact's path: the file or directory of that name, or everything that matches a pattern with `*`, `?`
 * or `[`. If the path is a link, its target is saved under the link's name.
 *
 * @returns one root for a plain path; for a pattern, every match that is not below another one, in byte order
 * @throws NotSaved, or the operating system's error, if there is nothing; Stopped
 */
export async function findRoots(
  path: string,
  { skipped, saving, plain }: Search,
): Promise<{ readonly pattern: boolean; readonly roots: readonly Root[] }> {
  const exact = bytePath(path);
  if (!plain && isPattern(path) && lstatSync(fsPath(exact), { throwIfNoEntry: false }) === undefined) {
    return { pattern: true, roots: await matches(path, skipped, saving) };
  }
  const stats = statSync(fsPath(exact));
  checkKind(stats);
  if (plain && stats.isDirectory()) throw new NotSaved('it is a directory');
  const target = realpathSync.native(fsPath(exact), { encoding: 'latin1' });
  return { pattern: false, roots: [{ path: target, name: nameOf(exact), stats }] };
}

function isPattern(path: string): boolean {
  return /[*?[]/.test(path);
}

function nameOf(path: BytePath): BytePath {
  return path === '/' ? '.' : basename(path);
}

function checkKind(stats: Stats): void {
  if (!stats.isFile() && !stats.isDirectory()) throw new NotSaved(`it is ${specialKind(stats)}`);
}

/** Matches are named relative to the last directory before the first wildcard: `/out/*.csv` gives `a.csv`. */
async function matches(pattern: string, skipped: Skipped, saving: Saving): Promise<readonly Root[]> {
  const fixed = pattern.slice(0, pattern.slice(0, pattern.search(/[*?[]/)).lastIndexOf('/') + 1);
  const base = bytePath(fixed);
  const found = [...(await glob(pattern, skipped, saving))].sort((a, b) => (a < b ? -1 : 1));
  const roots: Root[] = [];
  const directories = new Set<BytePath>();
  for (const path of found) {
    if (saving.mustYield) await saving.yieldTurn();
    const stats = lstatSync(fsPath(path), { throwIfNoEntry: false });
    if (stats === undefined) {
      skipped.add(path, vanished);
      continue;
    }
    if (isBelow(path, directories)) continue;
    if (stats.isDirectory()) directories.add(path);
    roots.push({ path, name: path.slice(base.length), stats });
  }
  if (roots.length === 0) throw new NotSaved('nothing matches the pattern');
  return roots;
}

/** Looks up each parent directory: a pattern may match a hundred thousand paths, too many to compare pairwise. */
function isBelow(path: BytePath, directories: ReadonlySet<BytePath>): boolean {
  for (let above = dirname(path); above.length > 1; above = dirname(above))
    if (directories.has(above)) return true;
  return false;
}
