import { DeliveryError } from '../../base/delivery-error.ts';
import type { JobReport } from '../../observe/job-report.ts';
import type { RestSettings } from '../../settings/destinations/rest-settings.ts';
import { beginOf, endOf } from '../job-times.ts';
import type { Progress, Sink } from '../sink.ts';
import type { SpoolRecords } from '../spool/spool-records.ts';
import { WrittenCodes } from '../written-codes.ts';
import { databaseTime } from './database-time.ts';
import { fetchVersion, probe, updateJob, type Variant } from './rest-server.ts';

/** The spool's records of the row's begin and end as first sent: a retry sends the same. */
const beginRecord = 'rest-begin.json';
const endRecord = 'rest-end.json';

type VariantA = Extract<Variant, { kind: 'A' }>;
/** What tells of a job's begin and end. */
type Course = Pick<Progress, 'started' | 'report'>;

/** What goes to the REST server, and whether another sink takes the rest. */
export interface RestScope {
  readonly jobId: number;
  /** What the row holds may be the end of an earlier attempt. */
  readonly isLaterAttempt: boolean;
  /** Whether lines and artifacts go to the database. */
  readonly outputElsewhere: boolean;
  /** Called with true when the server has stored the row's end, with false if it cannot and the database has to. */
  readonly onRow: (isStored: boolean) => void;
}

/** Reports a job's row to MultiFlexi's REST server, variant A, with a few requests per job and no polling. */
export class RestSink implements Sink {
  readonly name = 'The REST server';
  readonly bestEffort = false;
  readonly writesRowFirst = true;
  readonly #settings: RestSettings;
  readonly #scope: RestScope;
  readonly #spool: SpoolRecords;
  #variant: Variant | null = null;
  #begun = false;
  /** The end that was stored: it may be corrected. */
  #ended: JobReport | null = null;

  constructor(settings: RestSettings, scope: RestScope, spool: SpoolRecords) {
    this.#settings = settings;
    this.#scope = scope;
    this.#spool = spool;
  }

  async deliver(progress: Course): Promise<readonly string[]> {
    // To correct an end, the current row is needed.
    if (this.#ended !== null && this.#ended !== progress.report) this.#variant = null;
    this.#variant ??= await this.#probe();
    if (this.#variant.kind !== 'A') return this.#cannotStore(this.#variant.kind);
    const variant = this.#variant;
    try {
      if (progress.started !== null && !this.#begun) await this.#begin(variant, progress);
      if (progress.report === null) return [];
      if (this.#ended !== progress.report) await this.#end(variant, progress, progress.report);
    } catch (error) {
      // The server may have changed: the next attempt probes it again.
      if (error instanceof DeliveryError && error.permanent) this.#variant = null;
      throw error;
    }
    this.#ended = progress.report;
    this.#scope.onRow(true);
    return this.#outputSentences(progress);
  }

  async close(): Promise<void> {
    // Every exchange has its own connection.
  }

  async #probe(): Promise<Variant> {
    try {
      const variant = await probe(this.#settings, this.#scope.jobId);
      if (variant.kind !== 'A') this.#scope.onRow(false);
      return variant;
    } catch (error) {
      // Wrong credentials, or no such job there: the database may still store the row, but this remains a failure.
      if (error instanceof DeliveryError && error.permanent) this.#scope.onRow(false);
      throw error;
    }
  }

  async #begin(variant: VariantA, progress: Course): Promise<void> {
    if (isUnset(variant.row.begin)) {
      const begin = this.#firstSent(beginRecord, 'begin', () => this.#text(beginOf(progress), variant));
      await updateJob(this.#settings, this.#scope.jobId, { begin });
    }
    this.#begun = true;
  }

  /** Sends `end` and `exitcode` in one request: other readers consider a job with an end complete. */
  async #end(variant: VariantA, progress: Course, report: JobReport): Promise<void> {
    const { jobId, isLaterAttempt } = this.#scope;
    const { row } = variant;
    const earlier = this.#spool.readRecord(endRecord);
    const written = new WrittenCodes(this.#spool);
    const found = isUnset(row.exitcode) ? null : Number(row.exitcode);
    if (isLaterAttempt) written.adopt(found);
    if (found !== null && found !== report.exitCode && !written.all.includes(found)) {
      const sentence = `Job ${jobId} on the REST server already has exit code ${found}, but the job exited with ${report.exitCode}`;
      throw new DeliveryError(sentence, { permanent: true });
    }
    if (found !== report.exitCode) written.note(report.exitCode);
    if (!isLaterAttempt && earlier === null && found === report.exitCode && !isUnset(row.end)) return;
    const text = () => this.#text(endOf(report, beginOf(progress), this.#spool), variant);
    // A correction has another end time than the guess that it replaces.
    if (found !== null && found !== report.exitCode) this.#spool.writeRecord(endRecord, { end: text() });
    const end = this.#firstSent(endRecord, 'end', text);
    const appId = Number(row.app_id ?? 0);
    const appVersion =
      Number.isSafeInteger(appId) && appId > 0 ? await fetchVersion(this.#settings, appId) : null;
    await updateJob(this.#settings, jobId, {
      end,
      // A job that never started gets both times at once.
      ...(isUnset(row.begin) && !this.#begun && { begin: end }),
      exitcode: report.exitCode,
      ...(report.pid !== null && { pid: report.pid }),
      ...(appVersion !== null && { app_version: appVersion }),
    });
  }

  /** If a response was lost, any process sends the same time again. */
  #firstSent(record: string, name: 'begin' | 'end', text: () => string): string {
    const earlier = (this.#spool.readRecord(record) ?? {}) as Readonly<Record<string, unknown>>;
    const kept = earlier[name];
    if (typeof kept === 'string' && isTime(kept)) return kept;
    const first = text();
    this.#spool.writeRecord(record, { [name]: first });
    return first;
  }

  /** One of our times, or now, by the server's clock and in its time zone. */
  #text(ms: number | null, { clockAheadMs }: VariantA): string {
    return databaseTime((ms ?? Date.now()) + clockAheadMs, this.#settings.timeZone);
  }

  #cannotStore(kind: 'B' | 'C'): readonly string[] {
    const reason = kind === 'B' ? 'does not implement that' : 'would schedule another job';
    const sentence = `The REST server cannot store a job's row: it ${reason} (variant ${kind})`;
    if (this.#scope.outputElsewhere) return [`${sentence}; storing it in the database`];
    throw new DeliveryError(`${sentence}; set MULTIFLEXI_DATABASE_URL`, { permanent: true });
  }

  #outputSentences({ report }: Course): readonly string[] {
    if (this.#scope.outputElsewhere) return [];
    const results = report?.containers.map(({ result }) => result) ?? [];
    const outputs = results.flatMap((result) => [
      ...(result?.outputs.parameters ?? []),
      ...(result?.outputs.artifacts ?? []),
    ]);
    const bytes = results.reduce(
      (sum, result) => sum + (result?.stdout.bytes ?? 0) + (result?.stderr.bytes ?? 0),
      0,
    );
    if (outputs.length === 0 && bytes === 0) return [];
    return [
      `The REST server cannot store ${bytes} bytes of output and ${outputs.length} output files; they stay on the ` +
        'volume; set MULTIFLEXI_DATABASE_URL to store them',
    ];
  }
}

function isTime(text: string): boolean {
  return /^[0-9]{4}(-[0-9]{2}){2} [0-9]{2}(:[0-9]{2}){2}$/.test(text);
}

function isUnset(value: unknown): boolean {
  return value === null || value === undefined || value === '';
}
