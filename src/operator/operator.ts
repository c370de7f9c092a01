import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import { reasonOfApi } from '../launch/kubernetes/api/api-error.ts';
import type { LedCluster } from './leadership.ts';
import { logJob } from './log-job.ts';
import { makeTools, type OperatorPlan } from './make-tools.ts';
import { Metrics } from './metrics.ts';
import { keyOf, placeOf } from './object-key.ts';
import { reconcileJob } from './reconcile-job.ts';
import type { Tools } from './tools.ts';
import { type Again, WorkQueue } from './work-queue.ts';

/** Runs the jobs of one namespace, or of all. It keeps nothing: whatever it has to know is in the cluster. */
export class Operator {
  readonly #cluster: LedCluster;
  readonly #tools: Tools;
  readonly #queue: WorkQueue;
  readonly #metrics = new Metrics();
  #since = Date.now();

  constructor(cluster: LedCluster, plan: OperatorPlan) {
    this.#cluster = cluster;
    this.#tools = makeTools(cluster, plan, {
      changed: (key) => {
        if (this.isReady) this.#queue.add(key);
      },
      since: () => this.#since,
    });
    this.#queue = new WorkQueue(
      (key) => this.#work(key),
      (key, error) => {
        this.#metrics.failed();
        logJob(placeOf(key), reasonOfApi(error));
      },
      limits.operatorWorkers,
    );
  }

  /** Works until the signal is aborted, and then ends what it has begun. */
  async run(signal: AbortSignal): Promise<void> {
    // It may have waited long for another one's end.
    this.#since = Date.now();
    const { jobs, pods } = this.#tools;
    const silent = (what: string) => (reason: string) =>
      log(
        reason === ''
          ? `The cluster tells of ${what} again`
          : `The cluster does not tell of ${what}: ${reason}`,
      );
    await Promise.all([
      jobs.follow(this.#cluster, signal, silent('jobs')),
      pods.follow(signal, silent('pods')),
      this.#whenReady(signal),
    ]);
    await Promise.all([this.#queue.close(), this.#tools.telling.close()]);
  }

  /** Whether both lists are there: nothing is concluded before. */
  get isReady(): boolean {
    return this.#tools.jobs.isListed && this.#tools.pods.isListed;
  }

  /** For Prometheus. */
  metrics(isLeader: boolean): string {
    const phases = new Map<string, number>();
    for (const { status } of this.#tools.jobs.all()) {
      const phase = status?.phase ?? 'Queued';
      phases.set(phase, (phases.get(phase) ?? 0) + 1);
    }
    return this.#metrics.text({ depth: this.#queue.depth, isLeader, phases });
  }

  async #work(key: string): Promise<Again> {
    const begun = performance.now();
    try {
      return await reconcileJob(placeOf(key), this.#tools);
    } finally {
      this.#metrics.reconciled(performance.now() - begun);
    }
  }

  async #whenReady(signal: AbortSignal): Promise<void> {
    const { jobs, pods } = this.#tools;
    await Promise.race([
      Promise.all([jobs.listed, pods.listed]),
      new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true })),
    ]);
    if (signal.aborted) return;
    log('Ready', 'info');
    for (const { metadata } of jobs.all()) this.#queue.add(keyOf(metadata));
  }
}
