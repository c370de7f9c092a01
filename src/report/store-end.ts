import { DeliveryError } from '../base/delivery-error.ts';
import type { ReportSettings } from '../settings/destinations/report-settings.ts';
import type { EndStored, UnreportedEnd } from './unreported-end.ts';

/**
 * Stores the end of a job without its volume: into a row that has none. It may be repeated.
 *
 * @throws DeliveryError; permanent where trying again is useless
 */
export async function storeEnd(
  { rest, database }: Pick<ReportSettings, 'rest' | 'database'>,
  end: UnreportedEnd,
): Promise<EndStored> {
  const variant =
    rest === null ? null : await (await import('./rest/store-end-rest.ts')).storeEndRest(rest, end);
  if (variant !== null) return variant;
  if (database !== null) {
    const { storeEndSql } = await import('./sql/store-end-sql.ts');
    const { openDatabase } = await import('./sql/open-database.ts');
    return storeEndSql(await openDatabase(database), end);
  }
  throw new DeliveryError("The REST server cannot store a job's row; set MULTIFLEXI_DATABASE_URL", {
    permanent: true,
  });
}
