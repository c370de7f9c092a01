import type { DatabaseSettings } from '../settings/database-settings.ts';
import type { ReportSettings } from '../settings/report-settings.ts';
import type { Sink } from './sink.ts';
import type { Spool } from './spool.ts';
import type { SqlDatabase } from './sql-database.ts';

/** The sinks that the settings name. Each is loaded only when it is needed. */
export async function openSinks(settings: ReportSettings, spool: Spool): Promise<readonly Sink[]> {
  const sinks: Sink[] = [];
  if (settings.database !== null && settings.jobId !== null) {
    const { database, jobId, mode } = settings;
    const { SqlSink } = await import('./sql-sink.ts');
    const scope = { jobId, row: () => mode === 'full' };
    sinks.push(new SqlSink('The database', () => openDatabase(database), scope, spool));
  }
  return sinks;
}

async function openDatabase(settings: DatabaseSettings): Promise<SqlDatabase> {
  switch (settings.kind) {
    case 'sqlite':
      return (await import('./sqlite-database.ts')).openSqlite(settings.path);
    case 'mariadb':
      return (await import('./mariadb-database.ts')).openMariadb(settings);
  }
}
