import { basename } from 'node:path';
import { limits } from '../base/limits.ts';
import { matchNames } from '../base/match-names.ts';
import type { ArtifactRecord, ParameterRecord } from '../contract/records.ts';
import type { Volume } from '../contract/volume.ts';
import { phpPattern } from '../settings/template/php-pattern.ts';
import type { Template } from '../settings/template/template.ts';
import { readTemplate } from './read-template.ts';

/** Gives the human-readable description of an output. */
export type Describe = (output: ParameterRecord | ArtifactRecord) => string;

/**
 * The template's descriptions of the outputs; an output without one is described by its name. The template may have been
 * changed meanwhile: one that cannot be read describes nothing.
 */
export async function describeOutputs(volume: Volume): Promise<Describe> {
  const template = await readTemplate(volume).catch(() => null);
  if (template === null) return ({ name }) => name;
  const patterns = Object.entries(template.multiflexi.artifactDescriptions).filter(isKnown(template));
  // Each pattern gets an equal share of the time, as when the outputs were collected.
  const most = Math.max(limits.minPatternMs, Math.floor(limits.patternMs / (patterns.length || 1)));
  const fitting = new PatternsWithin(limits.patternMs, most);
  return (output) =>
    template.artifacts.find(({ name, path }) => name === output.name && path === output.path)?.description ??
    ('archive' in output
      ? patterns.find(([pattern]) => fitting.fits(pattern, basename(output.path)))?.[1]
      : null) ??
    output.name;
}

function isKnown({ multiflexi }: Template): (entry: readonly [string, string]) => boolean {
  return ([pattern]) => multiflexi.artifactPatterns.includes(pattern);
}

/** Matches patterns within a total time: a job may have written any pattern and any number of names. */
class PatternsWithin {
  #leftMs: number;
  readonly #mostMs: number;

  constructor(leftMs: number, mostMs: number) {
    this.#leftMs = leftMs;
    this.#mostMs = mostMs;
  }

  fits(pattern: string, name: string): boolean {
    if (this.#leftMs <= 0) return false;
    const began = performance.now();
    try {
      const read = phpPattern(pattern);
      return read !== null && matchNames(read, [name], this.#mostMs)?.has(name) === true;
    } finally {
      this.#leftMs -= performance.now() - began;
    }
  }
}
