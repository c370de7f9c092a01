import { DeliveryError } from '../../base/delivery-error.ts';
import type { JobReport } from '../../observe/job-report.ts';
import type { WrittenCodes } from '../written-codes.ts';
import type { SqlDatabase, SqlJob } from './sql-database.ts';

/** The database and the row of a job. */
type Row = Pick<SqlJob, 'database' | 'jobId'>;

/** What the row of a later attempt holds at first is an earlier one's, and may be replaced. */
export async function adoptEarlier({ database, jobId }: Row, written: WrittenCodes): Promise<void> {
  written.adopt(await exitCodeIn(database.query, jobId));
}

/**
 * Records that we are about to write this exit code; if somebody else has written another one, that one stays.
 * @throws DeliveryError
 */
export async function refuseOther(
  { database: { query, name }, jobId }: Row,
  { exitCode }: JobReport,
  written: WrittenCodes,
): Promise<void> {
  const found = await exitCodeIn(query, jobId);
  if (found === exitCode) return;
  if (found === null || written.all.includes(found)) return written.note(exitCode);
  const sentence = `Job ${jobId} in ${name} already has exit code ${found}, but the job exited with ${exitCode}`;
  throw new DeliveryError(sentence, { permanent: true });
}

/** @throws DeliveryError if the row does not hold the exit code */
export async function requireStored(
  { database: { query, name }, jobId }: Row,
  { exitCode }: JobReport,
): Promise<void> {
  if ((await exitCodeIn(query, jobId)) === exitCode) return;
  const sentence = `Job ${jobId} in ${name} no longer exists or did not keep its exit code ${exitCode}`;
  throw new DeliveryError(sentence, { permanent: true });
}

async function exitCodeIn(query: SqlDatabase['query'], jobId: number): Promise<number | null> {
  const row = await query.selectFrom('job').select('exitcode').where('id', '=', jobId).executeTakeFirst();
  return row?.exitcode ?? null;
}
