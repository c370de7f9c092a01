import { Fault } from '../../base/fault.ts';
import { environmentOf } from '../../settings/cli/environment.ts';
import { type DatabaseSettings, databaseSettings } from '../../settings/destinations/database-settings.ts';
import { type RestSettings, restSettings } from '../../settings/destinations/rest-settings.ts';

/** Where the row of a job is. */
export interface RowSettings {
  readonly rest: RestSettings | null;
  readonly database: DatabaseSettings | null;
}

const databaseName = 'MULTIFLEXI_DATABASE_URL';
const restNames = [
  'MULTIFLEXI_API_URL',
  'MULTIFLEXI_API_USER',
  'MULTIFLEXI_API_PASSWORD',
  'MULTIFLEXI_TIMEZONE',
];
/** With these, the reporter reads files that the operator's machine must not be made to read. */
const restFiles = ['MULTIFLEXI_API_PASSWORD_FILE', 'MULTIFLEXI_API_CA_FILE'];

/**
 * The row's place, from the Secret of the reporter: whoever makes a job writes it, so only servers count that are reached without
 * a file or a proxy of the operator's machine.
 *
 * @throws Fault `usage` where there is no such server
 */
export function rowSettings(secret: ReadonlyMap<string, string>): RowSettings {
  const only = (names: readonly string[]) =>
    environmentOf(
      Object.fromEntries(names.flatMap((name) => (secret.has(name) ? [[name, secret.get(name) ?? '']] : []))),
    );
  const rest = restFiles.some((name) => secret.has(name)) ? null : restSettings(only(restNames));
  const database = isServer(secret.get(databaseName) ?? '') ? databaseSettings(only([databaseName])) : null;
  if (rest !== null || database !== null) return { rest, database };
  throw new Fault('usage', 'its Secret names no server that can be reached without files of the pod');
}

/** SQLite, sockets and certificates are files; their parameters are what follows `?`. */
function isServer(url: string): boolean {
  return /^(mysql|mariadb):/.test(url) && !url.includes('?');
}
