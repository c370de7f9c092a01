import type { DatabaseSettings } from '../../settings/destinations/database-settings.ts';
import type { DatabaseAccess, SqlDatabase } from './sql-database.ts';

/** Opens MultiFlexi's database. The code of each kind is loaded only when it is needed. */
export async function openDatabase(
  settings: DatabaseSettings,
  access: DatabaseAccess = 'write',
): Promise<SqlDatabase> {
  switch (settings.kind) {
    case 'sqlite':
      return (await import('./sqlite-database.ts')).openSqlite(settings.path, access);
    case 'mariadb':
      return (await import('./mariadb/mariadb-database.ts')).openMariadb(settings, access);
  }
}
