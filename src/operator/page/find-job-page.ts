import { limits } from '../../base/limits.ts';
import { statusOf } from '../../launch/kubernetes/api/api-error.ts';
import type { Cluster } from '../../launch/kubernetes/api/cluster.ts';
import { pageHtml } from '../../page/page-html.ts';
import { isKubernetesName } from '../../settings/verbs/webhook-settings.ts';
import { group, type JobResource } from '../job-resource.ts';
import { jobPath } from '../list-paths.ts';
import { jobPage } from './job-page.ts';
import type { PageAnswer } from './page-server.ts';
import { podLogParts } from './pod-log-parts.ts';
import { Reviewer, type Viewer } from './reviewer.ts';

/**
 * Finds the page of a job for somebody who may get the job and the log of its pod: the API server says so, each time.
 *
 * @param own whose jobs are shown; null: those of all namespaces
 * @throws where the API server does not answer: then nothing is shown
 */
export async function findJobPage(
  cluster: Cluster,
  own: string | null,
  { path, token }: { readonly path: readonly string[]; readonly token: string | null },
): Promise<PageAnswer> {
  const reviewer = new Reviewer(cluster);
  const viewer = token === null ? null : await reviewer.viewerOf(token);
  if (viewer === null) return 401;
  const [namespace = '', name = '', end = '', stray] = path;
  const isJob = isKubernetesName(namespace) && isKubernetesName(name) && end === '' && stray === undefined;
  if (!isJob || (own !== null && namespace !== own)) return 404;
  const resource = { group, resource: 'emissaryjobs', namespace, name };
  if (!(await reviewer.mayGet(viewer, resource))) return 403;
  const job = await jobOf(cluster, { namespace, name });
  if (job === null) return 404;
  const pod = job.status?.podName ?? null;
  if (!(await mayReadLog(reviewer, viewer, { namespace, name: pod ?? '' }))) return 403;
  return pageHtml(jobPage(job, pod === null ? null : await podLogParts(cluster, { namespace, name: pod })));
}

function mayReadLog(
  reviewer: Reviewer,
  viewer: Viewer,
  of: { readonly namespace: string; readonly name: string },
): Promise<boolean> {
  return reviewer.mayGet(viewer, { group: '', resource: 'pods', subresource: 'log', ...of });
}

async function jobOf(
  cluster: Cluster,
  place: { readonly namespace: string; readonly name: string },
): Promise<JobResource | null> {
  const signal = AbortSignal.timeout(limits.clusterAnswerMs);
  try {
    const found: unknown = await cluster.send({ method: 'GET', path: jobPath(place), signal });
    return found as JobResource;
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}
