import type { Transaction } from 'kysely';
import { DeliveryError } from '../../base/delivery-error.ts';
import { recordsInMemory } from '../spool/spool-records.ts';
import { type EndStored, reportOfEnd, type UnreportedEnd } from '../unreported-end.ts';
import { eachInTurn } from './each-in-turn.ts';
import { JobRow } from './job-row.ts';
import { highestSeq } from './own-rows.ts';
import { lockJob, type SqlDatabase } from './sql-database.ts';
import type { Tables } from './sql-tables.ts';

/**
 * Stores an end in the job's row, and why it ended as a line of its output: both in one transaction, so that the row alone
 * tells whether it was done. Closes the database.
 *
 * @throws DeliveryError
 */
export async function storeEndSql(database: SqlDatabase, end: UnreportedEnd): Promise<EndStored> {
  try {
    return await database.query.transaction().execute((transaction) => store(database, transaction, end));
  } catch (error) {
    throw error instanceof DeliveryError ? error : database.explain(error);
  } finally {
    await database.close().catch(() => undefined);
  }
}

async function store(
  database: SqlDatabase,
  transaction: Transaction<Tables>,
  end: UnreportedEnd,
): Promise<EndStored> {
  const { jobId, exitCode, replaces } = end;
  // The transaction occupies the only connection.
  const inside: SqlDatabase = { ...database, query: transaction };
  await lockJob({ database, jobId }, transaction);
  const found = await exitCodeOf(inside, jobId);
  if (found !== null && (!replaces || found === exitCode)) return 'known';
  const report = reportOfEnd(end);
  const job = { database: inside, jobId, isLaterAttempt: replaces, spool: recordsInMemory() };
  const refused = await eachInTurn(inside, [
    () => addLine(inside, end),
    () => new JobRow(job).end({ started: null, report }, report),
  ]);
  if (refused.length > 0 && (await exitCodeOf(inside, jobId)) !== exitCode)
    throw new DeliveryError(refused.join('; '), { permanent: true });
  return 'stored';
}

async function exitCodeOf({ query, name }: SqlDatabase, jobId: number): Promise<number | null> {
  const row = await query.selectFrom('job').select('exitcode').where('id', '=', jobId).executeTakeFirst();
  if (row !== undefined) return row.exitcode;
  throw new DeliveryError(`There is no job ${jobId} in ${name}; check spec.multiflexi.jobId`, {
    permanent: true,
  });
}

async function addLine({ query, now }: SqlDatabase, { jobId, message }: UnreportedEnd): Promise<void> {
  const seq = (await highestSeq(query, jobId)) + 1;
  const line = `emissary: ${message}\n`;
  await query
    .insertInto('job_output_lines')
    .values({ job_id: jobId, seq, type: 'stderr', line, created_at: now })
    .execute();
}
