import { resolve } from 'node:path';
import { Fault } from '../../base/fault.ts';
import { type CommandLine, readCommandLine, sourceOf } from '../cli/command-line.ts';
import type { Invocation } from '../cli/invocation.ts';
import { rootDirectory } from '../cli/values.ts';
import { helpOf } from '../cli/verbs.ts';
import { type DatabaseSettings, databaseSettings } from '../destinations/database-settings.ts';
import { jobKey } from './job-reference.ts';
import { stateDirectory } from './state-directory.ts';

/** What a page is made of. */
export type PageOrigin =
  /** A volume, a mirror, or a job's directory of results. */
  | { readonly kind: 'volume'; readonly root: string }
  /** A job that was launched here. */
  | { readonly kind: 'launched'; readonly state: string; readonly key: string; readonly text: string }
  | { readonly kind: 'database'; readonly database: DatabaseSettings; readonly jobId: number };

/** The settings of `page`. */
export interface PageSettings {
  readonly origin: PageOrigin;
  /** The file to write, an absolute path. */
  readonly output: string;
  /** The port on which it is served instead, 0 for any; null: it is written. */
  readonly port: number | null;
  /** Null: made of the run. */
  readonly title: string | null;
}

/** @throws Fault `usage` */
export function pageSettings(invocation: Invocation, args: readonly Buffer[]): PageSettings {
  const line = readCommandLine('page', args, invocation.environment);
  const port = line.value('serve');
  if (port !== null && !(/^\d{1,5}$/.test(port) && Number(port) < 65_536))
    throw new Fault('usage', '--serve must be the number of a port, or 0');
  if (port !== null && line.value('output') !== null)
    throw new Fault('usage', 'Only one of --serve and --output is possible');
  const origin = originOf(line, invocation, args);
  if (port !== null && origin.kind === 'database')
    throw new Fault('usage', '--serve shows a volume: a job of the database can only be written');
  return {
    origin,
    port: port === null ? null : Number(port),
    output: resolve(line.value('output') ?? 'run.html'),
    title: line.value('title'),
  };
}

function originOf(line: CommandLine, { environment }: Invocation, args: readonly Buffer[]): PageOrigin {
  const [text, stray] = line.operands;
  if (stray !== undefined || line.command !== null)
    throw new Fault('usage', `page takes one job; ${helpOf('page')}`);
  const from = (name: string) => sourceOf(name, args, environment);
  const job = line.value('job');
  const hasRoot = args.some((arg) => /^--root(=|$)/.test(arg.toString('latin1')));
  if ([text !== undefined, job !== null, hasRoot].filter(Boolean).length > 1)
    throw new Fault('usage', 'Only one of JOB, --job and --root is possible');
  if (text !== undefined)
    return {
      kind: 'launched',
      state: stateDirectory(line, environment, from('state')),
      key: jobKey('page', text),
      text,
    };
  if (job === null) return { kind: 'volume', root: rootDirectory(line.value('root'), from('root')) };
  if (!/^[1-9]\d{0,9}$/.test(job)) throw new Fault('usage', '--job is not the ID of a job in MultiFlexi');
  const database = databaseSettings(environment);
  if (database === null)
    throw new Fault('usage', '--job needs MULTIFLEXI_DATABASE_URL, or MULTIFLEXI_DATABASE_URL_FILE');
  return { kind: 'database', database, jobId: Number(job) };
}
