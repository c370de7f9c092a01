import { type RawBuilder, sql } from 'kysely';
import { clockDifference } from '../clock-difference.ts';
import { beginOf, endOf } from '../job-times.ts';
import type { Progress } from '../sink.ts';
import type { Spool } from '../spool/spool.ts';
import { WrittenCodes } from '../written-codes.ts';
import { eachInTurn, refuse } from './each-in-turn.ts';
import type { SqlDatabase } from './sql-database.ts';
import { refuseOther, requireStored } from './sql-exit-code.ts';

type Report = NonNullable<Progress['report']>;

/** The job's row in the database. Its times are the job's own, moved by the difference of the clocks. */
export class JobRow {
  readonly #database: SqlDatabase;
  readonly #jobId: number;
  readonly #spool: Spool;
  readonly #written: WrittenCodes;
  /** Ms that the database's clock is ahead of ours; null until it was asked. */
  #ahead: number | null = null;

  constructor(database: SqlDatabase, jobId: number, spool: Spool) {
    this.#database = database;
    this.#jobId = jobId;
    this.#spool = spool;
    this.#written = new WrittenCodes(spool);
  }

  /** Stores the begin, where there is none: it never changes. */
  async begin(progress: Progress): Promise<void> {
    await this.#database.query
      .updateTable('job')
      .set({ begin: await this.#at(beginOf(progress) ?? Date.now()) })
      .where('id', '=', this.#jobId)
      .where('begin', 'is', null)
      .execute();
  }

  /**
   * `end`, `exitcode`, `pid` and `app_version` in one statement: other readers take a job with an end for complete.
   * Where this user may not look at the applications, or an older MultiFlexi has no column for the version or the pid,
   * these are left out, and the failure follows.
   */
  async end(progress: Progress, report: Report): Promise<void> {
    const refused = new Set<string>();
    await refuseOther(this.#database, this.#jobId, report, this.#written);
    const times = await this.#timesOf(progress, report);
    for (const more of [{ pid: report.pid, app_version: versionOfApp }, { pid: report.pid }]) {
      const sentences = await eachInTurn(this.#database, [() => this.#update(report, { ...times, ...more })]);
      if (sentences.length === 0) return refuse([...refused]);
      for (const sentence of sentences) refused.add(sentence);
    }
    await this.#update(report, times);
    refuse([...refused]);
  }

  async #timesOf(progress: Progress, report: Report): Promise<Times> {
    const { later } = this.#database;
    const begin = beginOf(progress);
    const end = endOf(report, begin, this.#spool);
    const stored = sql`coalesce(${sql.ref('job.begin')}, ${await this.#at(begin ?? end)})`;
    // Somebody else may have stored a begin by another clock.
    return { begin: stored, end: later(await this.#at(end), stored) };
  }

  async #at(ms: number): Promise<RawBuilder<unknown>> {
    this.#ahead ??= await clockAhead(this.#database);
    return this.#database.at(Math.floor((ms + this.#ahead) / 1000));
  }

  async #update(report: Report, columns: Columns): Promise<void> {
    const { query } = this.#database;
    await query
      .updateTable('job')
      .set({
        exitcode: report.exitCode,
        ...columns,
      })
      .where('id', '=', this.#jobId)
      .where(({ eb, or }) =>
        or([
          eb('exitcode', 'is', null),
          ...this.#written.all
            .filter((code) => code !== report.exitCode)
            .map((code) => eb('exitcode', '=', code)),
        ]),
      )
      .execute();
    await requireStored(this.#database, this.#jobId, report);
  }
}

interface Times {
  readonly begin: RawBuilder<unknown>;
  readonly end: RawBuilder<unknown>;
}

/** What an end has beside the exit code. */
interface Columns extends Times {
  readonly pid?: number | null;
  readonly app_version?: RawBuilder<string>;
}

const versionOfApp = sql<string>`coalesce((select version from apps where apps.id = job.app_id), job.app_version)`;

async function clockAhead({ clock, query }: SqlDatabase): Promise<number> {
  if (clock === null) return 0;
  const asked = Date.now();
  const { rows } = await sql<{ ms: unknown }>`select ${clock} as ms`.execute(query);
  return clockDifference(asked, Date.now(), Number(rows[0]?.ms ?? Number.NaN), 0);
}
