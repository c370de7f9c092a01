import type { JobReport } from '../observe/job-report.ts';
import type { ReportSettings } from '../settings/destinations/report-settings.ts';
import type { ResultsStore } from '../settings/destinations/results-store.ts';
import { outputStores } from '../settings/template/output-stores.ts';
import { type Owner, RowOwner } from './row-owner.ts';
import type { Sink } from './sink.ts';
import type { Spool } from './spool/spool.ts';
import type { ResultFile } from './stores/result-key.ts';

/** The sinks of one job, and which of them writes its row. */
export interface Sinks {
  readonly all: readonly Sink[];
  readonly owner: RowOwner;
}

/** Opens the configured sinks. The code of each is loaded only when it is needed. */
export async function openSinks(settings: ReportSettings, spool: Spool, wake: () => void): Promise<Sinks> {
  const owner = new RowOwner(firstOwner(settings));
  if (settings.mode === 'none') {
    const artifacts = spool.volume.givenTemplate === null ? null : await openArtifacts(settings, spool);
    return { all: artifacts === null ? [] : [artifacts], owner };
  }
  const opened = [
    openRest(settings, spool, owner, wake),
    openDatabaseSink(settings, spool, owner),
    openDirectory(settings, spool),
    openResultsStore(settings, spool),
    openArtifacts(settings, spool),
    openTelemetry(settings, spool),
    openZabbix(settings, spool),
  ];
  const sinks = await Promise.all(opened);
  return { all: sinks.filter((sink) => sink !== null), owner };
}

function firstOwner({ mode, rest }: ReportSettings): Owner | null {
  if (mode === 'output') return 'nobody';
  return rest === null ? 'database' : null;
}

async function openRest(
  { rest, jobId, mode, database, attempt }: ReportSettings,
  spool: Spool,
  owner: RowOwner,
  wake: () => void,
): Promise<Sink | null> {
  if (rest === null || jobId === null || mode === 'output') return null;
  const { RestSink } = await import('./rest/rest-sink.ts');
  const onRow = (isStored: boolean) => {
    owner.decide(isStored ? 'rest' : 'database');
    wake();
  };
  const scope = { jobId, isLaterAttempt: attempt > 1, outputElsewhere: database !== null, onRow };
  return new RestSink(rest, scope, spool);
}

async function openDatabaseSink(
  { database, jobId, attempt, resultsStore }: ReportSettings,
  spool: Spool,
  owner: RowOwner,
): Promise<Sink | null> {
  if (database === null || jobId === null) return null;
  const { SqlSink } = await import('./sql/sql-sink.ts');
  const { openDatabase } = await import('./sql/open-database.ts');
  const urlOf = resultsStore === null ? null : await addresses(resultsStore, jobId);
  const job = { jobId, isLaterAttempt: attempt > 1, urlOf };
  return new SqlSink(() => openDatabase(database), job, owner, spool);
}

async function addresses(store: ResultsStore, jobId: number): Promise<(file: ResultFile) => string> {
  const { resultUrl } = await import('./stores/result-url.ts');
  return (file) => resultUrl(store, jobId, file);
}

async function openDirectory(
  { resultsDirectory, jobId, logLimit }: ReportSettings,
  spool: Spool,
): Promise<Sink | null> {
  if (resultsDirectory === null || jobId === null) return null;
  const { DirectorySink } = await import('./directory/directory-sink.ts');
  return new DirectorySink(resultsDirectory, jobId, spool.volume, logLimit);
}

async function openResultsStore(
  { resultsStore, jobId, logLimit }: ReportSettings,
  spool: Spool,
): Promise<Sink | null> {
  if (resultsStore === null || jobId === null) return null;
  const { StoreSink } = await import('./stores/store-sink.ts');
  const open = async () => {
    const { openStore } = await import('../stores/open-store.ts');
    return openStore(resultsStore.address, resultsStore.environment);
  };
  return new StoreSink(open, { results: resultsStore, jobId, logLimit, spool });
}

/** The template decides: it is there before a reporter is. */
async function openArtifacts({ jobId, environment }: ReportSettings, spool: Spool): Promise<Sink | null> {
  const { readTemplate } = await import('../observe/read-template.ts');
  const template = await readTemplate(spool.volume).catch(() => null);
  if (template === null || outputStores(template).length === 0) return null;
  const { ArtifactSink } = await import('./artifacts/artifact-sink.ts');
  const given = spool.volume.givenTemplate === null ? null : template;
  return new ArtifactSink({ template: given, jobId, environment }, spool);
}

async function openTelemetry({ telemetry }: ReportSettings, spool: Spool): Promise<Sink | null> {
  if (telemetry === null) return null;
  const { OnceSink } = await import('./notify/once-sink.ts');
  const announce = async (report: JobReport) => {
    const { announceMetrics } = await import('./notify/announce-metrics.ts');
    await announceMetrics(telemetry, report);
  };
  return new OnceSink('OpenTelemetry', 'metrics-sent.json', announce, spool);
}

async function openZabbix({ zabbix }: ReportSettings, spool: Spool): Promise<Sink | null> {
  if (zabbix === null) return null;
  const { OnceSink } = await import('./notify/once-sink.ts');
  const announce = async (report: JobReport) => {
    const { announceZabbix } = await import('./notify/announce-zabbix.ts');
    await announceZabbix(zabbix, report);
  };
  return new OnceSink('Zabbix', 'zabbix-sent.json', announce, spool);
}
