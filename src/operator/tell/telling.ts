import { finalizer, type JobResource, type JobStatus } from '../job-resource.ts';
import type { JobWriter } from '../job-writer.ts';
import type { Again } from '../work-queue.ts';
import type { EventTeller } from './event-teller.ts';
import { isPending } from './reported-condition.ts';
import type { RowTeller } from './row-teller.ts';
import { tellUntil } from './tell-until.ts';

/** Whom the operator tells of jobs: MultiFlexi's rows, and a sink of CloudEvents. */
export class Telling {
  readonly #rows: RowTeller;
  readonly #events: EventTeller | null;
  readonly #writer: JobWriter;
  readonly #reportMs: number;
  /** When it began to tell, in ms since 1970; null: it has not. */
  #since: number | null = null;

  constructor(
    tellers: { readonly rows: RowTeller; readonly events: EventTeller | null },
    writer: JobWriter,
    reportMs: number,
  ) {
    this.#rows = tellers.rows;
    this.#events = tellers.events;
    this.#writer = writer;
    this.#reportMs = reportMs;
  }

  /**
   * Tells what is left to be told of a job that has ended: until then, its resource stays.
   *
   * @returns `told`, or when to ask again without news
   */
  async settle(job: JobResource, status: JobStatus): Promise<Again | 'told'> {
    if (isPending(status)) {
      this.#rows.add(job);
      return null;
    }
    const isHeld = job.metadata.finalizers?.includes(finalizer) === true;
    if (this.#events === null || !isHeld || this.#events.isDone(job)) return 'told';
    this.#events.add(job);
    this.#since ??= Date.now();
    const leftMs = tellUntil(status, this.#since, this.#reportMs) - Date.now();
    if (leftMs > 0) return leftMs;
    const message = 'The sink of CloudEvents has not been told of all its steps';
    await this.#writer.tell(job, true, { reason: 'EventsNotSent', message });
    return 'told';
  }

  /** Ends what has begun. */
  async close(): Promise<void> {
    await Promise.all([this.#rows.close(), this.#events?.close()]);
  }
}
