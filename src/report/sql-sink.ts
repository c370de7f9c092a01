import { type RawBuilder, sql } from 'kysely';
import { missingOutput } from './missing-output.ts';
import type { RowOwner } from './row-owner.ts';
import { allOf } from './sentences.ts';
import { DeliveryError, type Progress, type Sink } from './sink.ts';
import type { Spool } from './spool.ts';
import { deliverArtifacts } from './sql-artifacts.ts';
import type { SqlDatabase } from './sql-database.ts';
import { refuseOther, requireStored } from './sql-exit-code.ts';
import { LineDelivery } from './sql-lines.ts';
import { WrittenCodes } from './written-codes.ts';

/** Reports a job into MultiFlexi's own tables. */
export class SqlSink implements Sink {
  readonly name = 'The database';
  readonly isSoft = false;
  readonly unfinished =
    'There was no time to store all of the output and outputs: The database was not brought up to date in time';
  readonly #open: () => Promise<SqlDatabase>;
  readonly #jobId: number;
  readonly #owner: RowOwner;
  readonly #spool: Spool;
  #database: SqlDatabase | null = null;
  #lines: LineDelivery | null = null;
  #begun = false;
  /** The end that was stored: it may be corrected. */
  #ended: Report | null = null;
  #known = false;
  #hastened = false;

  constructor(open: () => Promise<SqlDatabase>, jobId: number, owner: RowOwner, spool: Spool) {
    this.#open = open;
    this.#jobId = jobId;
    this.#owner = owner;
    this.#spool = spool;
  }

  async deliver(progress: Progress, advanced: () => void): Promise<readonly string[]> {
    this.#database ??= await this.#open();
    const database = this.#database;
    try {
      return await this.#bringUp(database, progress, advanced);
    } catch (error) {
      const failure = error instanceof DeliveryError ? error : database.explain(error);
      // The next try gets a connection of its own: nothing of a broken one, or of rights that were too few, is left over.
      await this.close();
      throw failure;
    }
  }

  /** From now on the job's end goes before what is left of its output and outputs. */
  hasten(): void {
    this.#hastened = true;
  }

  async close(): Promise<void> {
    const database = this.#database;
    this.#database = null;
    this.#lines = null;
    // It may be another database the next time, restored from a copy.
    this.#begun = false;
    this.#known = false;
    // A connection that could not be made fails a second time here, and must not hide what was wrong with it.
    await database?.close().catch(noInterest);
  }

  async #bringUp(
    database: SqlDatabase,
    progress: Progress,
    advanced: () => void,
  ): Promise<readonly string[]> {
    const jobId = this.#jobId;
    // Taken first: lines that are read after a job has ended are all of its lines.
    const { report } = progress;
    if (!this.#known) await this.#checkJob(database);
    if (this.#owner.current === 'database' && !this.#begun && progress.started !== null) {
      await begin(database, jobId);
      this.#begun = true;
    }
    this.#lines ??= new LineDelivery(database, jobId, this.#spool);
    const lines = this.#lines;
    const endFirst = report !== null && this.#hastened;
    const goesOn = () => {
      advanced();
      return endFirst || !this.#hastened;
    };
    if (report === null || this.#ended === report) {
      await lines.deliver(progress.output, goesOn);
      return [];
    }
    const output = [
      () => lines.deliver(progress.output, goesOn),
      async () => refuse(progress.output.complaints),
      // Where there was no time to read all, or it is of another run, that is said instead.
      async () => {
        const isOther = this.#hastened || progress.output.complaints.length > 0;
        refuse(isOther ? [] : missingOutput(report, progress.output));
      },
      async () => refuse(await deliverArtifacts(database, jobId, report, this.#spool.volume, goesOn)),
    ];
    const theEnd = async () => {
      if ((await this.#owner.decided) === 'database')
        await end(database, jobId, report, new WrittenCodes(this.#spool));
    };
    const refused = await eachInTurn(database, endFirst ? [theEnd, ...output] : [...output, theEnd]);
    // The end has been stored in the midst of the output: now there is time for the others.
    if (this.#hastened && !endFirst) return this.#bringUp(database, progress, advanced);
    this.#ended = refused.length === 0 ? report : null;
    refuse(refused);
    return [];
  }

  async #checkJob({ query, name }: SqlDatabase): Promise<void> {
    const row = await query.selectFrom('job').select('id').where('id', '=', this.#jobId).executeTakeFirst();
    if (row === undefined) {
      throw new DeliveryError(`There is no job ${this.#jobId} in ${name}; check MULTIFLEXI_JOB_ID`, {
        permanent: true,
      });
    }
    this.#known = true;
  }
}

/**
 * Does all of it, also where something before can never be done: a line that the database does not take must not hide
 * how the job ended.
 *
 * @returns sentences about what cannot be done
 */
async function eachInTurn(
  database: SqlDatabase,
  steps: readonly (() => Promise<void>)[],
): Promise<readonly string[]> {
  const refused: string[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      const failure = error instanceof DeliveryError ? error : database.explain(error);
      if (!failure.permanent) throw failure;
      refused.push(failure.message);
    }
  }
  return refused;
}

function refuse(sentences: readonly string[]): void {
  if (sentences.length > 0) throw new DeliveryError(allOf(sentences), { permanent: true });
}

function noInterest(): void {
  // It is of no further use to anybody.
}

async function begin({ query, now }: SqlDatabase, jobId: number): Promise<void> {
  await query
    .updateTable('job')
    .set({ begin: now })
    .where('id', '=', jobId)
    .where('begin', 'is', null)
    .execute();
}

type Report = NonNullable<Progress['report']>;

/**
 * `end`, `exitcode`, `pid` and `app_version` in one statement: other readers take a job with an end for complete. Where
 * this user may not look at the applications, or an older MultiFlexi has no column for the version or the pid, these
 * are left out, and the failure follows.
 */
async function end(
  database: SqlDatabase,
  jobId: number,
  report: Report,
  written: WrittenCodes,
): Promise<void> {
  await refuseOther(database, jobId, report, written);

  const refused = new Set<string>();
  for (const more of [{ pid: report.pid, app_version: versionOfApp }, { pid: report.pid }]) {
    const sentences = await eachInTurn(database, [
      () => updateEnd(database, jobId, report, more, written.allBut(report.exitCode)),
    ]);
    if (sentences.length === 0) return refuse([...refused]);
    for (const sentence of sentences) refused.add(sentence);
  }
  await updateEnd(database, jobId, report, {}, written.allBut(report.exitCode));
  refuse([...refused]);
}

const versionOfApp = sql<string>`coalesce((select version from apps where apps.id = job.app_id), job.app_version)`;

/** What an end has beside itself. */
interface MoreOfTheEnd {
  readonly pid?: number | null;
  readonly app_version?: RawBuilder<string>;
}

async function updateEnd(
  database: SqlDatabase,
  jobId: number,
  report: Report,
  more: MoreOfTheEnd,
  ours: readonly number[],
): Promise<void> {
  const { query, now } = database;
  await query
    .updateTable('job')
    .set({
      begin: sql`coalesce(${sql.ref('job.begin')}, ${now})`,
      end: now,
      exitcode: report.exitCode,
      ...more,
    })
    .where('id', '=', jobId)
    .where(({ eb, or }) => or([eb('exitcode', 'is', null), ...ours.map((code) => eb('exitcode', '=', code))]))
    .execute();
  await requireStored(database, jobId, report);
}
