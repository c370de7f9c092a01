import { DeliveryError } from '../../base/delivery-error.ts';
import type { JobReport } from '../../observe/job-report.ts';
import type { WrittenCodes } from '../written-codes.ts';
import type { SqlDatabase } from './sql-database.ts';

/**
 * Notes that the code is ours that is about to be written; where somebody else has written another one, that stays.
 * @throws DeliveryError
 */
export async function refuseOther(
  { query, name }: SqlDatabase,
  jobId: number,
  { exitCode }: JobReport,
  written: WrittenCodes,
): Promise<void> {
  const found = await exitCodeIn(query, jobId);
  if (found === exitCode) return;
  if (found === null || written.all.includes(found)) return written.note(exitCode);
  const sentence = `Job ${jobId} in ${name} has exit code ${found} already; it ended with ${exitCode}`;
  throw new DeliveryError(sentence, { permanent: true });
}

/** @throws DeliveryError where the row has not taken the exit code */
export async function requireStored(
  { query, name }: SqlDatabase,
  jobId: number,
  { exitCode }: JobReport,
): Promise<void> {
  if ((await exitCodeIn(query, jobId)) === exitCode) return;
  const sentence = `Job ${jobId} in ${name} is gone, or does not keep its exit code; it ended with ${exitCode}`;
  throw new DeliveryError(sentence, { permanent: true });
}

async function exitCodeIn(query: SqlDatabase['query'], jobId: number): Promise<number | null> {
  const row = await query.selectFrom('job').select('exitcode').where('id', '=', jobId).executeTakeFirst();
  return row?.exitcode ?? null;
}
