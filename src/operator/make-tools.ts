import type { CloudEventSettings } from '../settings/verbs/operator-settings.ts';
import { AttemptPods } from './attempt-pods.ts';
import { JobDefinitions } from './job-definitions.ts';
import type { JobResource } from './job-resource.ts';
import { JobWriter } from './job-writer.ts';
import type { LedCluster } from './leadership.ts';
import { listPaths } from './list-paths.ts';
import { keyOf } from './object-key.ts';
import { ObjectStore } from './object-store.ts';
import { EventTeller } from './tell/event-teller.ts';
import { RowTeller } from './tell/row-teller.ts';
import { Telling } from './tell/telling.ts';
import type { Tools } from './tools.ts';

/** What an operator does. */
export interface OperatorPlan {
  /** Whose jobs it runs: those of its own namespace, or all. */
  readonly scope: 'namespace' | 'cluster';
  /** Of the pods that it makes. */
  readonly emissaryImage: string;
  /** Where each step of a job is told; null: nowhere. */
  readonly cloudEvents: CloudEventSettings | null;
  /** How long others are tried to be told of a job's end, in ms. */
  readonly reportMs: number;
}

/**
 * Makes the parts of an operator.
 *
 * @param changed is told the keys of jobs
 * @param since tells when it has begun to work
 */
export function makeTools(
  cluster: LedCluster,
  plan: OperatorPlan,
  { changed, since }: { readonly changed: (key: string) => void; readonly since: () => number },
): Tools {
  const { scope, emissaryImage, cloudEvents: sink, reportMs } = plan;
  const paths = listPaths(cluster, scope);
  const jobs = new ObjectStore<JobResource>(paths.jobs, (job, isGone) => {
    if (isGone) events?.forget(job);
    else events?.add(job);
    changed(keyOf(job.metadata));
  });
  const check = () => cluster.check();
  const events = sink === null ? null : new EventTeller({ sink, jobs, check, settled: changed });
  const writer = new JobWriter(cluster, (job) => events?.toldOf(job) ?? job.status?.told ?? null);
  const rows = new RowTeller({ cluster, jobs, writer, reportMs });
  return {
    jobs,
    writer,
    pods: new AttemptPods(cluster, paths.pods, changed),
    definitions: new JobDefinitions(cluster, emissaryImage),
    telling: new Telling({ rows, events }, writer, reportMs),
    since,
  };
}
