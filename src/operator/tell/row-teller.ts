import { DeliveryError } from '../../base/delivery-error.ts';
import { Fault } from '../../base/fault.ts';
import { isRecord } from '../../base/is-record.ts';
import { limits } from '../../base/limits.ts';
import { pauseFor } from '../../base/timer.ts';
import { ApiError, isTemporary, reasonOfApi } from '../../launch/kubernetes/api/api-error.ts';
import { storeEnd } from '../../report/store-end.ts';
import { type JobResource, type JobStatus, statusOfResource } from '../job-resource.ts';
import type { JobWriter } from '../job-writer.ts';
import type { LedCluster } from '../leadership.ts';
import { logJob } from '../log-job.ts';
import { keyOf, placeOf } from '../object-key.ts';
import type { ObjectStore } from '../object-store.ts';
import { WorkQueue } from '../work-queue.ts';
import { isPending, reportedAfterwards } from './reported-condition.ts';
import { rowSettings } from './row-settings.ts';
import { tellUntil } from './tell-until.ts';
import { unreportedEndOf } from './unreported-end-of.ts';

/** What it works with. */
interface RowTools {
  readonly cluster: LedCluster;
  readonly jobs: ObjectStore<JobResource>;
  readonly writer: JobWriter;
  /** How long a row is tried, in ms from the job's end. */
  readonly reportMs: number;
}

/**
 * Reports jobs that no reporter could report into MultiFlexi's rows, each at its own pace: a database that does not answer keeps
 * no other work back.
 */
export class RowTeller {
  readonly #tools: RowTools;
  readonly #queue: WorkQueue;
  /** When it began to tell, in ms since 1970; null: it has not. */
  #since: number | null = null;

  constructor(tools: RowTools) {
    this.#tools = tools;
    this.#queue = new WorkQueue(
      (key) => this.#work(key),
      (key, error) => logJob(placeOf(key), `its end cannot be reported yet: ${reasonOfApi(error)}`),
      limits.operatorTellers,
    );
  }

  add({ metadata }: JobResource): void {
    this.#queue.add(keyOf(metadata));
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  async #work(key: string): Promise<null> {
    const { cluster, jobs, reportMs } = this.#tools;
    const job = jobs.get(placeOf(key));
    const status = job === null ? null : statusOfResource(job);
    if (job === null || status === null || !isPending(status)) return null;
    cluster.check();
    this.#since ??= Date.now();
    const until = tellUntil(status, this.#since, reportMs);
    const told = await this.#tell(job, status).catch((error: unknown) => {
      if (!isFinal(error) && until > Date.now()) throw error;
      return { why: reasonOfApi(error) };
    });
    await (typeof told === 'string'
      ? this.#conclude(job, status, told)
      : this.#conclude(job, status, 'never', told.why));
    return null;
  }

  async #tell(job: JobResource, status: JobStatus): Promise<'stored' | 'known'> {
    const end = unreportedEndOf(job, status);
    if (end === null) throw new Fault('usage', 'it has no ID in MultiFlexi');
    const settings = rowSettings(await this.#secretOf(job));
    const late = pauseFor(limits.operatorTellMs).then(() => {
      throw new DeliveryError('the server does not answer in time', { permanent: false });
    });
    return Promise.race([storeEnd(settings, end), late]);
  }

  async #secretOf({ metadata, spec }: JobResource): Promise<ReadonlyMap<string, string>> {
    const cluster = this.#tools.cluster.in(metadata.namespace);
    const path = cluster.path('secrets', spec.multiflexi?.secretRef?.name);
    const { signal } = new AbortController();
    const { data } = await cluster.send({ method: 'GET', path, signal });
    const entries = Object.entries(isRecord(data) ? data : {});
    return new Map(entries.map(([name, text]) => [name, Buffer.from(String(text), 'base64').toString()]));
  }

  /** What has come of it is written down, and is final. */
  async #conclude(
    job: JobResource,
    status: JobStatus,
    told: Parameters<typeof reportedAfterwards>[1],
    why = '',
  ): Promise<void> {
    const { writer, jobs } = this.#tools;
    const known = reportedAfterwards(status, told);
    const lastTransitionTime = new Date().toISOString();
    const conditions = status.conditions.map((each) =>
      each.type === 'Reported' ? { ...each, ...known, lastTransitionTime } : each,
    );
    const written = await writer.writeStatus(job, { ...status, conditions });
    jobs.put(written);
    // The reporter of a job that has succeeded has most probably reported it.
    if (told !== 'never' || (known.status === 'Unknown' && status.phase === 'Succeeded')) return;
    const message = `MultiFlexi has not been told of its end: ${why}`;
    await writer.tell(written, true, { reason: 'NotReported', message });
  }
}

/** Whether trying again is useless. */
function isFinal(error: unknown): boolean {
  if (error instanceof DeliveryError) return error.permanent;
  return error instanceof Fault || (error instanceof ApiError && !isTemporary(error) && error.status !== 409);
}
