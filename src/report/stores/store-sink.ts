import { DeliveryError } from '../../base/delivery-error.ts';
import { Fault } from '../../base/fault.ts';
import { joinLimited, shorten } from '../../base/shorten.ts';
import type { JobReport } from '../../observe/job-report.ts';
import { type ObjectStore, StoreError } from '../../stores/object-store.ts';
import { missingOutput } from '../missing-output.ts';
import type { Progress, Sink } from '../sink.ts';
import { PutProgress } from './put-progress.ts';
import { StoreDelivery, type StoreJob } from './store-delivery.ts';

/** Puts a job's results into an object store, as the files of a results directory; the report comes last. */
export class StoreSink implements Sink {
  readonly name: string;
  readonly bestEffort = false;
  readonly #open: () => Promise<ObjectStore>;
  readonly #job: StoreJob;
  readonly #progress = new PutProgress();
  #store: ObjectStore | null = null;
  #delivery: StoreDelivery | null = null;
  #over = new AbortController();

  constructor(open: () => Promise<ObjectStore>, job: StoreJob) {
    const { address } = job.results;
    this.name = `The object store ${address.protocol}//${address.host}`;
    this.#open = open;
    this.#job = job;
  }

  async deliver({ report }: Progress, advanced: () => boolean): Promise<readonly string[]> {
    if (report === null) return [];
    try {
      this.#store ??= await this.#open();
      refuse(await this.#put(this.#store, report, advanced));
      return [];
    } catch (error) {
      throw this.#failureOf(error);
    }
  }

  /** Time is over while the store is asked again and again. */
  get unfinished(): string | undefined {
    const trouble = this.#delivery?.trouble ?? null;
    return trouble === null ? undefined : this.#sentence(trouble);
  }

  /** What is on its way ends at once; parts that are there are kept for a later reporter. */
  async close(): Promise<void> {
    this.#over.abort();
    this.#store?.close();
    this.#store = null;
    this.#over = new AbortController();
  }

  async #put(store: ObjectStore, report: JobReport, advanced: () => boolean): Promise<readonly string[]> {
    const over = this.#over;
    const delivery = new StoreDelivery(store, this.#job, {
      progress: this.#progress,
      advanced: () => {
        if (!advanced()) over.abort();
      },
      signal: over.signal,
    });
    this.#delivery = delivery;
    const refused = await delivery.putFiles(report);
    const bytesRead = (name: string, stream: string) => delivery.bytesOf(`ctr/${name}/${stream}`);
    const missing = missingOutput(report, { bytesRead });
    await delivery.putReport(report);
    return [...refused, ...missing];
  }

  #failureOf(cause: unknown): unknown {
    if (cause instanceof Fault) return new DeliveryError(cause.message, { permanent: true, cause });
    if (!(cause instanceof StoreError)) return cause;
    return new DeliveryError(this.#sentence(cause), {
      permanent: cause.kind !== 'broken' && cause.kind !== 'busy',
      retryAfterMs: cause.retryAfterMs,
      cause,
    });
  }

  #sentence({ message }: StoreError): string {
    const { protocol, host } = this.#job.results.address;
    return `Cannot put the results into ${protocol}//${host}: ${message}`;
  }
}

function refuse(sentences: readonly string[]): void {
  if (sentences.length > 0)
    throw new DeliveryError(joinLimited(sentences.map((sentence) => shorten(sentence))), { permanent: true });
}
