import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '../../base/limits.ts';
import { matchNames } from '../../base/match-names.ts';
import type { MissingOutput } from '../../contract/records.ts';
import { phpPattern } from '../../settings/template/php-pattern.ts';
import type { OutputArtifact, Template } from '../../settings/template/template.ts';
import type { StartStamp } from '../prepare-outputs.ts';
import { lossOf, vanished } from '../reasons.ts';
import { type Saving, Stopped } from '../saving.ts';
import type { Skipped } from '../skipped.ts';
import { bytePath } from './byte-path.ts';

/** What the patterns found. */
export interface Written {
  readonly artifacts: readonly OutputArtifact[];
  /** Patterns that found nothing. */
  readonly missing: readonly MissingOutput[];
  /** Whether these are missing because saving was stopped. */
  readonly isStopped: boolean;
}

/**
 * Finds the files that MultiFlexi's patterns fit among those that the job wrote: in the artifact directory itself, as
 * MultiFlexi looks for them, with a change time not before the job's start. Each becomes an artifact of its own, bare,
 * under its own name, since MultiFlexi chains jobs by that name.
 */
export async function findWritten(
  { multiflexi }: Template,
  mark: StartStamp | null,
  { skipped, saving }: { readonly skipped: Skipped; readonly saving: Saving },
): Promise<Written> {
  if (mark === null) return { artifacts: [], missing: [], isStopped: false };
  const { directory } = mark;
  const patterns = multiflexi.artifactPatterns;
  const missing = (pattern: string, reason: string): MissingOutput => ({
    kind: 'artifact',
    name: pattern,
    path: directory,
    optional: true,
    reason,
  });
  try {
    const names = readdirSync(directory).sort();
    // Equal shares, so that one that is exponential does not cost the others.
    const most = Math.max(limits.leastPatternMs, Math.floor(limits.patternMs / patterns.length));
    const read = patterns.map(phpPattern);
    const fits: ReturnType<typeof matchNames>[] = [];
    for (const pattern of read) {
      await saving.turn();
      fits.push(pattern === null ? new Set<string>() : matchNames(pattern, names, most));
    }
    const chosen: string[] = [];
    for (const name of names) {
      if (saving.isDue) await saving.turn();
      if (fits.some((fit) => fit?.has(name)) && isWritten(join(directory, name), mark, skipped))
        chosen.push(name);
    }
    for (const name of chosen.slice(limits.patternFiles))
      skipped.add(
        bytePath(join(directory, name)),
        `the patterns found more than ${limits.patternFiles} files`,
      );
    const kept = chosen.slice(0, limits.patternFiles);
    return {
      isStopped: false,
      artifacts: kept.map((name) => bareFile(join(directory, name), name)),
      missing: patterns.flatMap((pattern, index) => {
        if (read[index] === null) return [missing(pattern, 'it is not a regular expression')];
        const fit = fits[index] ?? null;
        if (fit === null) return [missing(pattern, `looking for it took longer than ${most} ms`)];
        if (kept.some((name) => fit.has(name))) return [];
        return [missing(pattern, 'no file that this job wrote fits the pattern')];
      }),
    };
  } catch (error) {
    const all = patterns.map((pattern) => missing(pattern, lossOf(error)));
    return { artifacts: [], missing: all, isStopped: error instanceof Stopped };
  }
}

function isWritten(path: string, { changedNs }: StartStamp, skipped: Skipped): boolean {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (stats === undefined) {
    skipped.add(bytePath(path), vanished);
    return false;
  }
  if (!stats.isFile()) {
    skipped.add(bytePath(path), 'a pattern fits its name, but it is not a file');
    return false;
  }
  if (stats.ctimeNs >= changedNs) return true;
  skipped.add(bytePath(path), 'a pattern fits its name, but this job did not write it');
  return false;
}

function bareFile(path: string, name: string): OutputArtifact {
  return { name, path, optional: true, archive: { kind: 'none' } };
}
