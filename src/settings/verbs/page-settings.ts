import { resolve } from 'node:path';
import { readCommandLine, rejectOperands, sourceOf } from '../cli/command-line.ts';
import type { Invocation } from '../cli/invocation.ts';
import { rootDirectory } from '../cli/values.ts';

/** The settings of `page`. */
export interface PageSettings {
  /** A volume, a mirror, or a job's directory of results. */
  readonly root: string;
  /** The file to write, an absolute path. */
  readonly output: string;
  /** Null: made of the run. */
  readonly title: string | null;
}

/** @throws Fault `usage` */
export function pageSettings(invocation: Invocation, args: readonly Buffer[]): PageSettings {
  const { environment } = invocation;
  const line = readCommandLine('page', args, environment);
  rejectOperands('page', line);
  return {
    root: rootDirectory(line.value('root'), sourceOf('root', args, environment)),
    output: resolve(line.value('output') ?? 'run.html'),
    title: line.value('title'),
  };
}
