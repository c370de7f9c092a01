import { type Expression, expressionBuilder, type RawBuilder } from 'kysely';
import { clockDifference } from '../clock-difference.ts';
import { beginOf, endOf } from '../job-times.ts';
import type { Progress } from '../sink.ts';
import type { SpoolRecords } from '../spool/spool-records.ts';
import { WrittenCodes } from '../written-codes.ts';
import { eachInTurn, refuse } from './each-in-turn.ts';
import type { SqlDatabase, SqlJob } from './sql-database.ts';
import { adoptEarlier, refuseOther, requireStored } from './sql-exit-code.ts';
import type { Tables } from './sql-tables.ts';

type Report = NonNullable<Progress['report']>;
/** What tells of a job's begin and end. */
type Course = Pick<Progress, 'started' | 'report'>;
/** A job whose row is written; its spool may last as long as one delivery. */
type RowJob = Omit<SqlJob, 'spool' | 'urlOf'> & { readonly spool: SpoolRecords };

/** The job's row in the database. Its times are the job's own, corrected by the difference of the clocks. */
export class JobRow {
  readonly #job: RowJob;
  readonly #written: WrittenCodes;
  /** Ms that the database's clock is ahead of ours; null until it was measured. */
  #ahead: number | null = null;

  constructor(job: RowJob) {
    this.#job = job;
    this.#written = new WrittenCodes(job.spool);
  }

  /** Stores the begin if there is none yet: it never changes. */
  async begin(progress: Course): Promise<void> {
    const { database, jobId } = this.#job;
    await database.query
      .updateTable('job')
      .set({ begin: await this.#at(beginOf(progress) ?? Date.now()) })
      .where('id', '=', jobId)
      .where('begin', 'is', null)
      .execute();
  }

  /**
   * Stores `end`, `exitcode`, `pid` and `app_version` in one statement: other readers consider a job with an end complete.
   * If this user may not read the applications, or an older MultiFlexi has no column for the version or the pid, these are
   * left out, and the failure is thrown afterwards.
   */
  async end(progress: Course, report: Report): Promise<void> {
    const refused = new Set<string>();
    if (this.#job.isLaterAttempt) await adoptEarlier(this.#job, this.#written);
    await refuseOther(this.#job, report, this.#written);
    const times = await this.#timesOf(progress, report);
    for (const more of [{ pid: report.pid, app_version: versionOfApp }, { pid: report.pid }]) {
      const sentences = await eachInTurn(this.#job.database, [
        () => this.#update(report, { ...times, ...more }),
      ]);
      if (sentences.length === 0) return refuse([...refused]);
      for (const sentence of sentences) refused.add(sentence);
    }
    await this.#update(report, times);
    refuse([...refused]);
  }

  async #timesOf(progress: Course, report: Report): Promise<Times> {
    const { database, spool } = this.#job;
    const begin = beginOf(progress);
    const end = endOf(report, begin, spool);
    const stored = ofJob.fn.coalesce('job.begin', await this.#at(begin ?? end));
    // Another program may have stored a begin by another clock.
    return { begin: stored, end: database.later(await this.#at(end), stored) };
  }

  async #at(ms: number): Promise<RawBuilder<unknown>> {
    const { database } = this.#job;
    this.#ahead ??= await clockAhead(database);
    return database.at(Math.floor((ms + this.#ahead) / 1000));
  }

  async #update(report: Report, columns: Columns): Promise<void> {
    const { database, jobId, isLaterAttempt } = this.#job;
    // An earlier attempt may have ended with the same code at another time.
    const codes = isLaterAttempt ? this.#written.all : this.#written.allBut(report.exitCode);
    await database.query
      .updateTable('job')
      .set({
        exitcode: report.exitCode,
        ...columns,
      })
      .where('id', '=', jobId)
      .where(({ eb, or }) =>
        or([eb('exitcode', 'is', null), ...codes.map((code) => eb('exitcode', '=', code))]),
      )
      .execute();
    await requireStored(this.#job, report);
  }
}

interface Times {
  readonly begin: Expression<unknown>;
  readonly end: Expression<unknown>;
}

/** The columns of an end besides the exit code. */
interface Columns extends Times {
  readonly pid?: number | null;
  readonly app_version?: Expression<string | null>;
}

const ofJob = expressionBuilder<Tables, 'job'>();
const versionOfApp = ofJob.fn.coalesce(
  ofJob.selectFrom('apps').select('version').whereRef('apps.id', '=', 'job.app_id'),
  'job.app_version',
);

async function clockAhead({ clock, query }: SqlDatabase): Promise<number> {
  if (clock === null) return 0;
  const asked = Date.now();
  const row = await query.selectNoFrom(clock.as('ms')).executeTakeFirst();
  return clockDifference(asked, Date.now(), Number(row?.ms ?? Number.NaN), 0);
}
