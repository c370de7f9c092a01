import { isAbsolute } from 'node:path';
import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import type { Environment } from '../cli/environment.ts';
import { spoolDirectory } from '../cli/spool-directory.ts';
import { jobNumber, secondsToMs, wholeNumber } from '../cli/values.ts';
import { type DatabaseSettings, databaseSettings } from './database-settings.ts';
import { type RestSettings, restSettings } from './rest-settings.ts';
import { type ResultsStore, resultsStore } from './results-store.ts';
import { type TelemetrySettings, telemetrySettings } from './telemetry-settings.ts';
import { type ZabbixSettings, zabbixSettings } from './zabbix-settings.ts';

/** Where and what to report. All of it comes from the reporter's own settings, none from the volume. */
export interface ReportSettings {
  /** Null only if there is no server to report to. */
  readonly jobId: number | null;
  readonly rest: RestSettings | null;
  readonly database: DatabaseSettings | null;
  /**
   * `full`: the job's row, lines and artifacts. `output`: MultiFlexi's own process writes the row. `none`: nobody is told,
   * and the spool has the result.
   */
  readonly mode: 'full' | 'output' | 'none';
  /** A directory that keeps the results of jobs, or null. */
  readonly resultsDirectory: string | null;
  /** An object store that keeps them, or null. */
  readonly resultsStore: ResultsStore | null;
  /** The reporter's own directory for its spool, or null. */
  readonly spoolDirectory: string | null;
  /** Maximum bytes of one captured stream; 0 = no limit. */
  readonly logLimit: number;
  /** Counts from 1: what a job's row holds before a later attempt reports is replaced by its end. */
  readonly attempt: number;
  /** How long delivery is tried after the job's end. */
  readonly budgetMs: number;
  /** Maximum rows of one job's output in a database. */
  readonly outputRows: number;
  /** For metrics. */
  readonly telemetry: TelemetrySettings | null;
  readonly traces: TelemetrySettings | null;
  /** The TRACEPARENT of the reporter itself; null: not set. */
  readonly traceparent: string | null;
  readonly zabbix: ZabbixSettings | null;
  /** Has the credentials of the stores that the template names. */
  readonly environment: Environment;
}

/** @throws Fault `usage` that names the variable, and never shows a value that may be a secret */
export function reportSettings(environment: Environment): ReportSettings {
  const rest = restSettings(environment);
  const database = databaseSettings(environment);
  const resultsDirectory = environment.get('EMISSARY_RESULTS_DIR');
  if (resultsDirectory !== null && !isAbsolute(resultsDirectory)) {
    throw new Fault('usage', 'EMISSARY_RESULTS_DIR is not an absolute path');
  }
  const results = resultsStore(environment);
  const keepsResults = resultsDirectory !== null || results !== null;
  const job = environment.get('MULTIFLEXI_JOB_ID');
  const jobId = job === null ? null : jobNumber(job, 'MULTIFLEXI_JOB_ID');
  if (jobId === null && (rest !== null || database !== null || keepsResults)) {
    throw new Fault('usage', 'MULTIFLEXI_JOB_ID is not set: without it there is no job to report');
  }
  const mode = modeOf(environment.get('MULTIFLEXI_REPORT'));
  if (mode === 'output' && rest !== null && database === null && !keepsResults) {
    throw new Fault(
      'usage',
      'MULTIFLEXI_REPORT=output needs MULTIFLEXI_DATABASE_URL: a REST server does not store output',
    );
  }
  const budget = environment.get('EMISSARY_REPORT_SECONDS') ?? String(limits.reportSeconds);
  const logged = new Set<string>();
  return {
    jobId,
    rest,
    database,
    mode,
    resultsDirectory,
    resultsStore: results,
    spoolDirectory: spoolDirectory(environment),
    logLimit: wholeNumber(
      environment.get('EMISSARY_LOG_LIMIT_BYTES') ?? String(limits.logBytes),
      'EMISSARY_LOG_LIMIT_BYTES',
    ),
    attempt: wholeNumber(environment.get('EMISSARY_ATTEMPT') ?? '1', 'EMISSARY_ATTEMPT'),
    budgetMs: secondsToMs(budget, 'EMISSARY_REPORT_SECONDS'),
    outputRows: rowsOf(environment.get('EMISSARY_OUTPUT_ROWS')),
    telemetry: bestEffort(() => telemetrySettings(environment, 'METRICS'), logged),
    traces: bestEffort(() => telemetrySettings(environment, 'TRACES'), logged),
    traceparent: environment.get('TRACEPARENT'),
    zabbix: bestEffort(() => zabbixSettings(environment), logged),
    environment,
  };
}

/** A mistake in the settings of a best-effort sink must not prevent the job's row. Each is logged once. */
function bestEffort<T>(read: () => T, logged: Set<string>): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (logged.has(error.message)) return null;
    logged.add(error.message);
    log(`${error.message}; the job is reported without it`);
    return null;
  }
}

function rowsOf(text: string | null): number {
  if (text === null) return limits.jobRows;
  const rows = /^[0-9]{1,10}$/.test(text) ? Number(text) : 0;
  if (rows < 1 || rows >= limits.rowNumbers) {
    throw new Fault('usage', `EMISSARY_OUTPUT_ROWS is not a number of rows (1 or more)`);
  }
  return rows;
}

function modeOf(text: string | null): ReportSettings['mode'] {
  if (text === null || text === 'full') return 'full';
  if (text === 'output' || text === 'none') return text;
  throw new Fault('usage', 'MULTIFLEXI_REPORT is neither full, output nor none');
}
