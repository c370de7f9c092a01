import { faultStatus } from '../../../base/fault.ts';
import type { ReporterEnd } from '../../engine.ts';
import type { Cluster } from '../api/cluster.ts';
import { reporterEnd } from '../reporter-end.ts';
import { type EmissaryJob, hasEnded, jobStates } from './emissary-job.ts';

const never = new AbortController().signal;

/**
 * Waits until the reporter in a job's pod has ended: the pod tells it, with its last messages, or the resource, where the pod
 * is gone already.
 *
 * @throws Fault `engine`
 */
export async function reportedEnd(
  cluster: Cluster,
  name: string,
  pod: string | null,
  warn: (sentence: string) => void,
): Promise<ReporterEnd> {
  const silent = (reason: string) => warn(`The cluster does not answer (${reason})`);
  const seen = pod === null ? null : await reporterEnd(cluster, pod, { silent, signal: never });
  if (seen !== null && seen.exitCode !== null) return seen;
  for await (const job of jobStates(cluster, name, { silent, signal: never })) {
    if (job === null) break;
    if (hasEnded(job) && !isPending(job)) return { exitCode: codeOf(job), messages: seen?.messages ?? [] };
  }
  return { exitCode: null, messages: [] };
}

/** As the operator has understood it. */
function codeOf({ status }: EmissaryJob): number | null {
  const reported = status?.conditions?.find(({ type }) => type === 'Reported');
  if (reported?.status === 'Unknown') return null;
  return reported?.status === 'False' ? faultStatus.delivery : 0;
}

/** Whether the operator has yet to report it itself. */
function isPending({ status }: EmissaryJob): boolean {
  return status?.conditions?.some(({ type, reason }) => type === 'Reported' && reason === 'Pending') === true;
}
