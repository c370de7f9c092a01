import { type Leftover, labels } from '../../engine.ts';
import type { Cluster } from '../api/cluster.ts';
import { type EmissaryJob, hasEnded, jobPath } from './emissary-job.ts';

/** The resources of an installation that are in the namespace. @throws ApiError; the runtime's error */
export async function leftJobs(cluster: Cluster, installation: string): Promise<readonly Leftover[]> {
  const selector = encodeURIComponent(`${labels.installation}=${installation}`);
  const path = `${jobPath(cluster)}?labelSelector=${selector}`;
  const { signal } = new AbortController();
  const { items = [] } = (await cluster.send({ method: 'GET', path, signal })) as {
    readonly items?: readonly EmissaryJob[];
  };
  return items.map((job) => ({
    name: job.metadata.name,
    key: job.metadata.labels?.[labels.job] ?? '',
    running: !hasEnded(job),
  }));
}
