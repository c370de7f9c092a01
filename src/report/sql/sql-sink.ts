import { DeliveryError } from '../../base/delivery-error.ts';
import { missingOutput } from '../missing-output.ts';
import type { RowOwner } from '../row-owner.ts';
import type { Progress, Sink } from '../sink.ts';
import type { Spool } from '../spool/spool.ts';
import { ArtifactDelivery, type Size } from './artifact-delivery.ts';
import { eachInTurn, refuse } from './each-in-turn.ts';
import { JobRow } from './job-row.ts';
import { LineDelivery } from './line-delivery.ts';
import type { SqlDatabase } from './sql-database.ts';

/** Reports a job into MultiFlexi's own tables. */
export class SqlSink implements Sink {
  readonly name = 'The database';
  readonly bestEffort = false;
  readonly unfinished =
    'There was no time to store all of the output and outputs: The database was not brought up to date in time';
  readonly #open: () => Promise<SqlDatabase>;
  readonly #jobId: number;
  readonly #owner: RowOwner;
  readonly #spool: Spool;
  #database: SqlDatabase | null = null;
  #lines: LineDelivery | null = null;
  #row: JobRow | null = null;
  #artifacts: ArtifactDelivery | null = null;
  #begun = false;
  /** The end that was stored: it may be corrected. */
  #ended: Report | null = null;
  #known = false;
  #endIsPrior = false;

  constructor(open: () => Promise<SqlDatabase>, jobId: number, owner: RowOwner, spool: Spool) {
    this.#open = open;
    this.#jobId = jobId;
    this.#owner = owner;
    this.#spool = spool;
  }

  async deliver(progress: Progress, advanced: () => boolean): Promise<readonly string[]> {
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
  prioritizeEnd(): void {
    this.#endIsPrior = true;
  }

  async close(): Promise<void> {
    const database = this.#database;
    this.#database = null;
    this.#lines = null;
    this.#row = null;
    this.#artifacts = null;
    // It may be another database the next time, restored from a copy.
    this.#begun = false;
    this.#known = false;
    // A connection that could not be made fails a second time here, and must not hide what was wrong with it.
    await database?.close().catch(noInterest);
  }

  async #bringUp(
    database: SqlDatabase,
    progress: Progress,
    advanced: () => boolean,
  ): Promise<readonly string[]> {
    const jobId = this.#jobId;
    // Taken first: lines that are read after a job has ended are all of its lines.
    const { report } = progress;
    if (!this.#known) await this.#checkJob(database);
    this.#row ??= new JobRow(database, jobId, this.#spool);
    const row = this.#row;
    if (this.#owner.current === 'database' && !this.#begun && progress.started !== null) {
      await row.begin(progress);
      this.#begun = true;
    }
    this.#lines ??= new LineDelivery(database, jobId, this.#spool);
    const lines = this.#lines;
    this.#artifacts ??= new ArtifactDelivery(database, jobId, this.#spool.volume);
    const endFirst = report !== null && this.#endIsPrior;
    const goesOn = () => advanced() && (endFirst || !this.#endIsPrior);
    if (report === null || this.#ended === report) {
      await lines.deliver(progress.output, goesOn);
      return lines.sentences;
    }
    const refused = await eachInTurn(database, this.#steps(progress, report, endFirst, goesOn));
    // The end has been stored in the midst of the output: now there is time for the others.
    if (this.#endIsPrior && !endFirst) return this.#bringUp(database, progress, advanced);
    this.#ended = refused.length === 0 ? report : null;
    refuse(refused);
    return lines.sentences;
  }

  /**
   * What is left of a job that has ended. Readers of the row take a job with an end for complete, and MultiFlexi's
   * actions look for artifacts then: what is small goes before the end. What is large may take long, or be too much for
   * somebody on the way, and must not keep the end from being known.
   */
  #steps(
    { output, started }: Progress,
    report: NonNullable<Progress['report']>,
    endFirst: boolean,
    goesOn: () => boolean,
  ): readonly (() => Promise<void>)[] {
    const artifacts = (size: Size) => async () =>
      refuse((await this.#artifacts?.deliver(report, size, goesOn)) ?? []);
    const theEnd = async () => {
      if ((await this.#owner.decided) === 'database')
        await this.#row?.end({ output, started, report }, report);
    };
    const lines = [
      async () => this.#lines?.deliver(output, goesOn),
      async () => refuse(output.complaints),
      // Where there was no time to read all, or it is of another run, that is said instead.
      async () =>
        refuse(this.#endIsPrior || output.complaints.length > 0 ? [] : missingOutput(report, output)),
    ];
    if (endFirst) return [theEnd, ...lines, artifacts('small'), artifacts('large')];
    // As long as nobody knows who writes the end, there is no reason to wait with the others.
    const isDecided = this.#owner.current !== null;
    const last = isDecided ? [theEnd, artifacts('large')] : [artifacts('large'), theEnd];
    return [...lines, artifacts('small'), ...last];
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

function noInterest(): void {
  // It is of no further use to anybody.
}

type Report = NonNullable<Progress['report']>;
