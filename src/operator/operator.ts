import { log } from '../base/log.ts';
import { reasonOfApi } from '../launch/kubernetes/api/api-error.ts';
import type { Cluster } from '../launch/kubernetes/api/cluster.ts';
import { AttemptPods } from './attempt-pods.ts';
import { JobDefinitions } from './job-definitions.ts';
import type { JobResource } from './job-resource.ts';
import { JobWriter, jobPath } from './job-writer.ts';
import { Metrics } from './metrics.ts';
import { ObjectStore } from './object-store.ts';
import { reconcileJob } from './reconcile-job.ts';
import type { Tools } from './tools.ts';
import { type Again, WorkQueue } from './work-queue.ts';

/** Runs the jobs of one namespace. It keeps nothing: whatever it has to know is in the cluster. */
export class Operator {
  readonly #cluster: Cluster;
  readonly #tools: Tools;
  readonly #queue: WorkQueue;
  readonly #metrics = new Metrics();

  /** @param emissaryImage of the pods that it makes */
  constructor(cluster: Cluster, emissaryImage: string) {
    this.#cluster = cluster;
    const add = (name: string) => {
      if (this.isReady) this.#queue.add(name);
    };
    this.#tools = {
      jobs: new ObjectStore<JobResource>(jobPath(cluster), ({ metadata }) => add(metadata.name)),
      pods: new AttemptPods(cluster, add),
      writer: new JobWriter(cluster),
      definitions: new JobDefinitions(cluster, emissaryImage),
    };
    this.#queue = new WorkQueue(
      (name) => this.#work(name),
      (name, error) => {
        this.#metrics.failed();
        log(`${name}: ${reasonOfApi(error)}`);
      },
    );
  }

  /** Works until the signal is aborted, and then ends what it has begun. */
  async run(signal: AbortSignal): Promise<void> {
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
    await this.#queue.close();
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

  async #work(name: string): Promise<Again> {
    const begun = performance.now();
    try {
      return await reconcileJob(name, this.#tools);
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
    log('Ready');
    for (const { metadata } of jobs.all()) this.#queue.add(metadata.name);
  }
}
