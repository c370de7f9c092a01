import { limits } from '../../base/limits.ts';
import { reasonOfApi } from '../../launch/kubernetes/api/api-error.ts';
import type { CloudEventSettings } from '../../settings/verbs/operator-settings.ts';
import {
  finalizer,
  type HistoryEntry,
  hasEnded,
  type JobResource,
  statusOfResource,
} from '../job-resource.ts';
import { logJob } from '../log-job.ts';
import { keyOf, placeOf } from '../object-key.ts';
import type { ObjectStore } from '../object-store.ts';
import { WorkQueue } from '../work-queue.ts';
import { cloudEvent, versionOf } from './cloud-event.ts';
import { sendCloudEvent } from './cloud-event-sink.ts';

/** What it works with. */
interface EventTools {
  readonly sink: CloudEventSettings;
  readonly jobs: ObjectStore<JobResource>;
  /** @throws if another operator may lead by now */
  readonly check: () => void;
  /** Called with the key of a job whose steps are all told. */
  readonly settled: (key: string) => void;
}

/**
 * Sends a CloudEvent of each step of each job, in order, at least once. What is to be sent is in the status of the resources: a
 * sink that is away costs no memory, and a restart loses nothing.
 */
export class EventTeller {
  readonly #tools: EventTools;
  readonly #queue: WorkQueue;
  /** The version of the last step that was told, by UID. */
  readonly #told = new Map<string, number>();

  constructor(tools: EventTools) {
    this.#tools = tools;
    this.#queue = new WorkQueue(
      (key) => this.#work(key),
      (key, error) => logJob(placeOf(key), `its events cannot be sent yet: ${reasonOfApi(error)}`),
      limits.operatorTellers,
    );
  }

  add({ metadata }: JobResource): void {
    this.#queue.add(keyOf(metadata));
  }

  /** Its resource is gone. */
  forget({ metadata }: JobResource): void {
    this.#told.delete(metadata.uid);
  }

  /** The version of the last step that was told; null: none. */
  toldOf(job: JobResource): number | null {
    const { told } = statusOfResource(job);
    return this.#told.get(job.metadata.uid) ?? told;
  }

  /** Whether nothing is left to be told of a job, as far as its resource is known. */
  isDone(job: JobResource): boolean {
    return this.#steps(job).length === 0;
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  async #work(key: string): Promise<null> {
    const { jobs, sink, check, settled } = this.#tools;
    const job = jobs.get(placeOf(key));
    if (job === null || isOver(job)) return null;
    for (const step of this.#steps(job)) {
      check();
      await sendCloudEvent(sink, cloudEvent(job, step));
      this.#told.set(job.metadata.uid, versionOf(step));
    }
    settled(key);
    return null;
  }

  #steps(job: JobResource): readonly HistoryEntry[] {
    const told = this.toldOf(job) ?? 0;
    return statusOfResource(job).phaseHistory.filter((step) => versionOf(step) > told);
  }
}

/** Of a job that has ended, everything is told before its finalizer goes. */
function isOver(job: JobResource): boolean {
  return hasEnded(statusOfResource(job)) && job.metadata.finalizers?.includes(finalizer) !== true;
}
