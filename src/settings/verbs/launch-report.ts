import { resolve } from 'node:path';
import { Fault } from '../../base/fault.ts';
import type { CommandLine } from '../cli/command-line.ts';
import { type Environment, environmentOf } from '../cli/environment.ts';
import { reportSettings } from '../destinations/report-settings.ts';
import { givenVariables } from './given-variables.ts';
import { sidecarVariables } from './sidecar-variables.ts';
import { storeVariables } from './store-variables.ts';

/** The environments of the two sides of a launched job. */
export interface LaunchReport {
  /** The environment of a native job: that of the launcher, without credentials. */
  readonly nativeEnvironment: Readonly<Record<string, string>>;
  /** The reporter's; without destinations it reports to nobody. */
  readonly reporterEnvironment: Readonly<Record<string, string>>;
  /** Whether it reports to anybody. */
  readonly reports: boolean;
  /** The variables of a reporter beside the job, which reports instead of the one here; null: there is none. */
  readonly sidecar: ReadonlyMap<string, string> | null;
  /** The variables of stores' clients, for `init`, and for a reporter beside the job. */
  readonly storeVariables: Readonly<Record<string, string>>;
}

/**
 * Who sees which variables: where to report, and with which password, is nothing for the job.
 *
 * @throws Fault `usage`
 */
export function launchReport(
  line: CommandLine,
  of: {
    readonly environment: Environment;
    readonly engine: string;
    readonly via: string;
    readonly jobId: number | null;
    readonly from: (name: string) => string;
  },
): LaunchReport {
  const given = givenVariables(line.value('report-variables'), '--report-variables');
  const results = line.value('results');
  const own = {
    ...(of.jobId !== null && { MULTIFLEXI_JOB_ID: String(of.jobId) }),
    ...(results !== null && { EMISSARY_RESULTS_DIR: resolve(results) }),
  };
  const environment = Object.fromEntries(of.environment.all());
  const all = { ...environment, ...Object.fromEntries(given), ...own };
  // What an operator runs needs no launcher for its report, unless that is wished.
  const wished = line.value('report') ?? (of.via === 'operator' ? 'sidecar' : null);
  if (wished === 'sidecar') {
    if (of.engine !== 'kubernetes')
      throw new Fault('usage', `${of.from('report')}: sidecar is for the engine kubernetes; use host`);
    const variables = sidecarVariables(environment, Object.fromEntries(given), of.jobId);
    return {
      ...beside({ ...environment, ...own }, all, new Set(given.keys())),
      sidecar: variables,
      storeVariables: storeVariables(all),
    };
  }
  const where = whereToReport(wished, all, of.from('report'));
  // The reporter would refuse them too, but when the job runs already.
  if (where === 'host') reportSettings(environmentOf(all));
  return {
    nativeEnvironment: withoutCredentials(all, new Set(given.keys())),
    reporterEnvironment: where === 'host' ? all : { ...withoutDestinations(all), MULTIFLEXI_REPORT: 'none' },
    reports: where === 'host',
    sidecar: null,
    storeVariables: storeVariables(all),
  };
}

/** Beside a reporter in the pod, the one here only keeps the results. */
function beside(own: Variables, all: Variables, given: ReadonlySet<string>) {
  const directory = own['EMISSARY_RESULTS_DIR'] ?? '';
  const silent = { ...withoutDestinations(own), MULTIFLEXI_REPORT: 'none' };
  const { MULTIFLEXI_REPORT: _, ...keeping } = { ...silent, EMISSARY_RESULTS_DIR: directory };
  if (directory !== '') reportSettings(environmentOf(keeping));
  return {
    nativeEnvironment: withoutCredentials(all, given),
    reporterEnvironment: directory === '' ? silent : keeping,
    reports: directory !== '',
  };
}

/** Variables of which one must be set for a report to have anywhere to go. */
const destinations = [
  'MULTIFLEXI_DATABASE_URL',
  'MULTIFLEXI_DATABASE_URL_FILE',
  'MULTIFLEXI_API_URL',
  'EMISSARY_RESULTS_DIR',
  'EMISSARY_RESULTS_URL',
  'ZABBIX_SERVER',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
];

type Variables = Readonly<Record<string, string>>;

function whereToReport(where: string | null, all: Variables, source: string): 'host' | 'none' {
  if (where === 'none') return where;
  const isKnown = hasDestination(all);
  if (where === 'host' && isKnown) return where;
  if (where === 'host')
    throw new Fault(
      'usage',
      `${source}: no variable says where to report; set MULTIFLEXI_DATABASE_URL, for example`,
    );
  if (where !== null) throw new Fault('usage', `${source} must be host, sidecar or none`);
  return isKnown ? 'host' : 'none';
}

/** Whether any variable says where to report. */
export function hasDestination(all: Variables): boolean {
  return destinations.some((name) => (all[name] ?? '') !== '');
}

const credentials = /^MULTIFLEXI_(?:DATABASE|API)_|^OTEL_EXPORTER_OTLP_(?:\w+_)?HEADERS$/;

function withoutCredentials(all: Variables, given: ReadonlySet<string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => !credentials.test(name) && !given.has(name)),
  );
}

/** Who reports to nobody needs no job ID for them, and no password. */
function withoutDestinations(all: Variables): Record<string, string> {
  return Object.fromEntries(
    Object.entries(withoutCredentials(all, new Set())).filter(([name]) => !destinations.includes(name)),
  );
}

/** What an engine's client and the programs that it starts may see: some of them outlive the launcher. */
export function engineEnvironment(environment: Environment): Environment {
  return environmentOf(withoutCredentials(Object.fromEntries(environment.all()), new Set()));
}
