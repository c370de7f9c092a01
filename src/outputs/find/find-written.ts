import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '../../base/limits.ts';
import { matchNames } from '../../base/match-names.ts';
import type { MissingOutput } from '../../contract/records.ts';
import { phpPattern } from '../../settings/template/php-pattern.ts';
import type { OutputArtifact, Template } from '../../settings/template/template.ts';
import type { StartStamp } from '../prepare-outputs.ts';
import { missingReason, vanished } from '../reasons.ts';
import { type Saving, Stopped } from '../saving.ts';
import type { Skipped } from '../skipped.ts';
import { bytePath } from './byte-path.ts';

/** The result of matching the patterns. */
export interface Written {
  readonly artifacts: readonly OutputArtifact[];
  /** Patterns that matched nothing. */
  readonly missing: readonly MissingOutput[];
  /** Whether they are missing because saving was stopped. */
  readonly isStopped: boolean;
}

/**
 * Finds the files that the job wrote and that match MultiFlexi's patterns: directly in the artifact directory, as in
 * MultiFlexi, with a change time not before the job's start. Each becomes an unpacked artifact under its own name,
 * since MultiFlexi chains jobs by that name.
 */
export async function findWritten(
  { multiflexi }: Template,
  startStamp: StartStamp | null,
  { skipped, saving }: { readonly skipped: Skipped; readonly saving: Saving },
): Promise<Written> {
  if (startStamp === null) return { artifacts: [], missing: [], isStopped: false };
  const { directory } = startStamp;
  const patterns = multiflexi.artifactPatterns;
  try {
    const names = readdirSync(directory).sort();
    const matches = await matchPatterns(patterns, names, saving);
    const chosen: string[] = [];
    for (const name of names) {
      if (saving.mustYield) await saving.yieldTurn();
      const isMatch = matches.some(({ found }) => found.has(name));
      if (isMatch && isWritten(join(directory, name), startStamp, skipped)) chosen.push(name);
    }
    for (const name of chosen.slice(limits.patternFiles))
      skipped.add(
        bytePath(join(directory, name)),
        `the patterns match more than ${limits.patternFiles} files`,
      );
    const kept = chosen.slice(0, limits.patternFiles);
    return {
      isStopped: false,
      artifacts: kept.map((name) => bareFile(join(directory, name), name)),
      missing: matches
        .filter(({ found }) => !kept.some((name) => found.has(name)))
        .map(({ pattern, problem }) =>
          unmatched(pattern, directory, problem ?? 'no file that this job wrote matches the pattern'),
        ),
    };
  } catch (error) {
    const all = patterns.map((pattern) => unmatched(pattern, directory, missingReason(error)));
    return { artifacts: [], missing: all, isStopped: error instanceof Stopped };
  }
}

/** The names that match one pattern. */
interface PatternMatches {
  readonly pattern: string;
  readonly found: ReadonlySet<string>;
  /** Why the pattern could not be matched, or null. */
  readonly problem: string | null;
}

async function matchPatterns(
  patterns: readonly string[],
  names: readonly string[],
  saving: Saving,
): Promise<readonly PatternMatches[]> {
  // Equal time shares, so that an exponential pattern does not affect the others.
  const maxMs = Math.max(limits.minPatternMs, Math.floor(limits.patternMs / patterns.length));
  const compiled = patterns.map(phpPattern);
  const matches: PatternMatches[] = [];
  for (const [index, pattern] of patterns.entries()) {
    await saving.yieldTurn();
    const expression = compiled[index] ?? null;
    const found = expression === null ? null : matchNames(expression, names, maxMs);
    const problem =
      expression === null
        ? 'it is not a valid regular expression'
        : `matching it took longer than ${maxMs} ms`;
    matches.push({ pattern, found: found ?? new Set(), problem: found === null ? problem : null });
  }
  return matches;
}

function isWritten(path: string, { changedNs }: StartStamp, skipped: Skipped): boolean {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (stats === undefined) {
    skipped.add(bytePath(path), vanished);
    return false;
  }
  if (!stats.isFile()) {
    skipped.add(bytePath(path), 'a pattern matches its name, but it is not a file');
    return false;
  }
  if (stats.ctimeNs >= changedNs) return true;
  skipped.add(bytePath(path), 'a pattern matches its name, but this job did not write it');
  return false;
}

function unmatched(pattern: string, directory: string, reason: string): MissingOutput {
  return { kind: 'artifact', name: pattern, path: directory, optional: true, reason };
}

function bareFile(path: string, name: string): OutputArtifact {
  return { name, path, optional: true, archive: { kind: 'none' } };
}
