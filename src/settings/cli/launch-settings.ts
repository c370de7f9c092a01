import { isUtf8 } from 'node:buffer';
import { Fault } from '../../base/fault.ts';
import { readCommandLine, sourceOf } from './command-line.ts';
import type { Environment } from './environment.ts';
import type { Invocation } from './invocation.ts';
import { rootDirectory, secondsToMs, wholeNumber } from './values.ts';
import { helpOf } from './verbs.ts';

/** The settings of `launch`. */
export interface LaunchSettings {
  /** Null for a directory that goes when all was reported. */
  readonly root: string | null;
  readonly template: string | null;
  readonly timeoutSeconds: string | null;
  readonly graceSeconds: string | null;
  readonly command: readonly string[];
  readonly jobEnvironment: Readonly<Record<string, string>>;
  /** Null where nobody is to report. */
  readonly reporterEnvironment: Readonly<Record<string, string>> | null;
}

/** @throws Fault `usage` */
export function launchSettings(invocation: Invocation, args: readonly Buffer[]): LaunchSettings {
  const { environment } = invocation;
  const line = readCommandLine('launch', args, environment);
  const from = (name: string) => sourceOf(name, args, environment);
  const engine = line.value('engine') ?? 'native';
  if (engine !== 'native')
    throw new Fault('usage', `${from('engine')}: the only engine of this version is native`);
  const root = line.value('root');
  const checked = (name: string, check: (text: string, source: string) => unknown) => {
    const text = line.value(name);
    if (text !== null) check(text, from(name));
    return text;
  };
  const jobId = checked('job-id', wholeNumber);
  const all = {
    ...Object.fromEntries(environment.all()),
    ...(jobId !== null && { MULTIFLEXI_JOB_ID: jobId }),
  };
  return {
    root: root === null ? null : rootDirectory(root, from('root')),
    template: line.value('template'),
    timeoutSeconds: checked('timeout', secondsToMs),
    graceSeconds: checked('grace', secondsToMs),
    command: commandOf(line.operands, line.command),
    jobEnvironment: withoutCredentials(all),
    reporterEnvironment: reports(line.value('report'), environment, from('report')) ? all : null,
  };
}

/** Variables of which one must be set for a report to have anywhere to go. */
const destinations = [
  'MULTIFLEXI_DATABASE_URL',
  'MULTIFLEXI_DATABASE_URL_FILE',
  'MULTIFLEXI_API_URL',
  'EMISSARY_RESULTS_DIR',
];

function reports(where: string | null, environment: Environment, source: string): boolean {
  if (where === 'host' || where === 'none') return where === 'host';
  if (where !== null) throw new Fault('usage', `${source} must be host or none`);
  return environment.get(...destinations) !== null;
}

function commandOf(operands: readonly string[], command: readonly Buffer[] | null): readonly string[] {
  if (operands.length > 0 || command === null || command.length === 0)
    throw new Fault('usage', `launch: put the command behind --; ${helpOf('launch')}`);
  const odd = command.findIndex((arg) => !isUtf8(arg));
  if (odd !== -1) throw new Fault('usage', `launch: argument ${odd} of the command is not valid UTF-8`);
  return command.map(String);
}

/** Where to report, and with which password, is nothing for the job. */
const reporterOnly = /^MULTIFLEXI_(?:DATABASE|API)_|^OTEL_EXPORTER_OTLP_(?:\w+_)?HEADERS$/;

function withoutCredentials(
  variables: ReturnType<typeof Object.fromEntries<string>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !reporterOnly.test(name)));
}

/** Where the job writes `N/M` to report its progress. */
export function progressFile(environment: Environment, root: string): string {
  return environment.get('PROGRESS_FILE') ?? `${root}/progress`;
}
