import { resolve } from 'node:path';
import { Fault } from '../../base/fault.ts';
import { readCommandLine, rejectOperands, sourceOf } from '../cli/command-line.ts';
import type { Invocation } from '../cli/invocation.ts';
import { rootDirectory } from '../cli/values.ts';

/** The settings of `page`. */
export interface PageSettings {
  /** A volume, a mirror, or a job's directory of results. */
  readonly root: string;
  /** The file to write, an absolute path. */
  readonly output: string;
  /** The port on which it is served instead, 0 for any; null: it is written. */
  readonly port: number | null;
  /** Null: made of the run. */
  readonly title: string | null;
}

/** @throws Fault `usage` */
export function pageSettings(invocation: Invocation, args: readonly Buffer[]): PageSettings {
  const { environment } = invocation;
  const line = readCommandLine('page', args, environment);
  rejectOperands('page', line);
  const port = line.value('serve');
  if (port !== null && !(/^\d{1,5}$/.test(port) && Number(port) < 65_536))
    throw new Fault('usage', '--serve must be the number of a port, or 0');
  if (port !== null && line.value('output') !== null)
    throw new Fault('usage', 'Only one of --serve and --output is possible');
  return {
    port: port === null ? null : Number(port),
    root: rootDirectory(line.value('root'), sourceOf('root', args, environment)),
    output: resolve(line.value('output') ?? 'run.html'),
    title: line.value('title'),
  };
}
