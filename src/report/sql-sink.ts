import { sql } from 'kysely';
import { DeliveryError, type Progress, type Sink } from './sink.ts';
import type { Spool } from './spool.ts';
import { deliverArtifacts } from './sql-artifacts.ts';
import type { SqlDatabase } from './sql-database.ts';
import { LineDelivery } from './sql-lines.ts';

/** What is reported to the database. */
export interface SqlScope {
  readonly jobId: number;
  /** Whether begin, end and exit code are ours to write, or somebody else's (REST, or MultiFlexi's own process). */
  readonly row: () => boolean;
}

/** Reports a job into MultiFlexi's own tables. */
export class SqlSink implements Sink {
  readonly name: string;
  readonly #open: () => Promise<SqlDatabase>;
  readonly #scope: SqlScope;
  readonly #spool: Spool;
  #database: SqlDatabase | null = null;
  #lines: LineDelivery | null = null;
  #begun = false;
  #known = false;

  constructor(name: string, open: () => Promise<SqlDatabase>, scope: SqlScope, spool: Spool) {
    this.name = name;
    this.#open = open;
    this.#scope = scope;
    this.#spool = spool;
  }

  async deliver(progress: Progress): Promise<readonly string[]> {
    this.#database ??= await this.#open();
    const database = this.#database;
    try {
      return await this.#bringUp(database, progress);
    } catch (error) {
      throw error instanceof DeliveryError ? error : database.explain(error);
    }
  }

  async close(): Promise<void> {
    await this.#database?.close();
    this.#database = null;
  }

  async #bringUp(database: SqlDatabase, progress: Progress): Promise<readonly string[]> {
    const { jobId } = this.#scope;
    if (!this.#known) await this.#checkJob(database);
    if (this.#scope.row() && !this.#begun && progress.started !== null) {
      await begin(database, jobId);
      this.#begun = true;
    }
    this.#lines ??= new LineDelivery(database, jobId, this.#spool);
    await this.#lines.deliver(progress.output);
    if (progress.report === null) return [];
    const refused = await deliverArtifacts(database, jobId, progress.report, this.#spool.volume);
    if (this.#scope.row()) await end(database, jobId, progress.report);
    if (refused.length > 0) throw new DeliveryError(refused.join('; '), { permanent: true });
    return [];
  }

  async #checkJob({ query, name }: SqlDatabase): Promise<void> {
    const row = await query
      .selectFrom('job')
      .select('id')
      .where('id', '=', this.#scope.jobId)
      .executeTakeFirst();
    if (row === undefined) {
      throw new DeliveryError(`There is no job ${this.#scope.jobId} in ${name}; check MULTIFLEXI_JOB_ID`, {
        permanent: true,
      });
    }
    this.#known = true;
  }
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

/** `end`, `exitcode`, `pid` and `app_version` in one statement: other readers take a job with an end for complete. */
async function end({ query, now, name }: SqlDatabase, jobId: number, report: Report): Promise<void> {
  await query
    .updateTable('job')
    .set({
      begin: sql`coalesce(${sql.ref('job.begin')}, ${now})`,
      end: now,
      exitcode: report.exitCode,
      pid: report.pid,
      app_version: sql<string>`coalesce((select version from apps where apps.id = job.app_id), job.app_version)`,
    })
    .where('id', '=', jobId)
    .where('exitcode', 'is', null)
    .execute();
  const row = await query.selectFrom('job').select('exitcode').where('id', '=', jobId).executeTakeFirst();
  if (Number(row?.exitcode) !== report.exitCode) {
    const sentence = `Job ${jobId} in ${name} has exit code ${row?.exitcode} already; it ended with ${report.exitCode}`;
    throw new DeliveryError(sentence, { permanent: true });
  }
}
