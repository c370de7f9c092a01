import { DeliveryError } from '../../base/delivery-error.ts';
import { missingOutput } from '../missing-output.ts';
import type { RowOwner } from '../row-owner.ts';
import type { Progress, Sink } from '../sink.ts';
import type { Spool } from '../spool/spool.ts';
import { ArtifactDelivery, type Size } from './artifact-delivery.ts';
import { eachInTurn, refuse } from './each-in-turn.ts';
import { JobRow } from './job-row.ts';
import { LineDelivery } from './line-delivery.ts';
import type { ReportedRow, SqlDatabase } from './sql-database.ts';

/** Reports a job into MultiFlexi's own tables. */
export class SqlSink implements Sink {
  readonly name = 'The database';
  readonly bestEffort = false;
  readonly unfinished =
    'There was no time to store all output lines and output files: The database was not updated in time';
  readonly #open: () => Promise<SqlDatabase>;
  readonly #of: ReportedRow;
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
  #isEndPrioritized = false;

  constructor(open: () => Promise<SqlDatabase>, of: ReportedRow, owner: RowOwner, spool: Spool) {
    this.#open = open;
    this.#of = of;
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
      // The next attempt gets a new connection: nothing of a broken one, or of insufficient rights, is left over.
      await this.close();
      throw failure;
    }
  }

  /** From now on, the job's end goes before the rest of its output lines and output files. */
  prioritizeEnd(): void {
    this.#isEndPrioritized = true;
  }

  async close(): Promise<void> {
    const database = this.#database;
    this.#database = null;
    this.#lines = null;
    this.#row = null;
    this.#artifacts = null;
    // Next time it may be another database, restored from a backup.
    this.#begun = false;
    this.#known = false;
    // A connection that could not be made fails again here, which must not hide the original failure.
    await database?.close().catch(() => undefined);
  }

  async #bringUp(
    database: SqlDatabase,
    progress: Progress,
    advanced: () => boolean,
  ): Promise<readonly string[]> {
    const job = { ...this.#of, database, spool: this.#spool };
    // Read this first: lines that are read after a job has ended are all of its lines.
    const { report } = progress;
    if (!this.#known) await this.#checkJob(database);
    this.#row ??= new JobRow(job);
    const row = this.#row;
    if (this.#owner.current === 'database' && !this.#begun && progress.started !== null) {
      await row.begin(progress);
      this.#begun = true;
    }
    this.#lines ??= new LineDelivery(job);
    const lines = this.#lines;
    this.#artifacts ??= new ArtifactDelivery(job);
    const endFirst = report !== null && this.#isEndPrioritized;
    const mayContinue = () => advanced() && (endFirst || !this.#isEndPrioritized);
    if (report === null || this.#ended === report) {
      await lines.deliver(progress.output, mayContinue);
      return lines.sentences;
    }
    const refused = await eachInTurn(database, this.#steps(progress, report, endFirst, mayContinue));
    // The end was prioritized and has been stored; now there is time for the rest.
    if (this.#isEndPrioritized && !endFirst) return this.#bringUp(database, progress, advanced);
    this.#ended = refused.length === 0 ? report : null;
    refuse(refused);
    return lines.sentences;
  }

  /**
   * The remaining steps for an ended job. Readers consider a job with an end complete, and MultiFlexi's actions look for
   * artifacts then, so small artifacts go before the end. Large ones may take long, or exceed a limit on the way, and must
   * not delay the end.
   */
  #steps(
    { output, started }: Progress,
    report: NonNullable<Progress['report']>,
    endFirst: boolean,
    mayContinue: () => boolean,
  ): readonly (() => Promise<void>)[] {
    const artifacts = (size: Size) => async () =>
      refuse((await this.#artifacts?.deliver(report, size, mayContinue)) ?? []);
    const theEnd = async () => {
      if ((await this.#owner.decided) === 'database') await this.#row?.end({ started, report }, report);
    };
    const lines = [
      async () => this.#lines?.deliver(output, mayContinue),
      async () => refuse(output.complaints),
      // If there was no time to read everything, or it belongs to another run, that is reported instead.
      async () =>
        refuse(this.#isEndPrioritized || output.complaints.length > 0 ? [] : missingOutput(report, output)),
    ];
    if (endFirst) return [theEnd, ...lines, artifacts('small'), artifacts('large')];
    // While it is undecided who writes the end, the others need not wait.
    const isDecided = this.#owner.current !== null;
    const last = isDecided ? [theEnd, artifacts('large')] : [artifacts('large'), theEnd];
    return [...lines, artifacts('small'), ...last];
  }

  async #checkJob({ query, name }: SqlDatabase): Promise<void> {
    const { jobId } = this.#of;
    const row = await query.selectFrom('job').select('id').where('id', '=', jobId).executeTakeFirst();
    if (row === undefined) {
      throw new DeliveryError(`There is no job ${jobId} in ${name}; check MULTIFLEXI_JOB_ID`, {
        permanent: true,
      });
    }
    this.#known = true;
  }
}

type Report = NonNullable<Progress['report']>;
