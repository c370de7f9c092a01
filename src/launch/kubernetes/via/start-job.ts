import { Fault } from '../../../base/fault.ts';
import { NeverStarted } from '../../never-started.ts';
import type { Cluster } from '../api/cluster.ts';
import { type EmissaryJob, hasBegun, hasEnded, jobStates, reasonOf } from './emissary-job.ts';

/**
 * Resolves, with the resource, when its job has started, or has ended already. What keeps it from that is shown.
 *
 * @throws NeverStarted; Fault `engine`; the signal's reason
 */
export async function untilBegun(
  cluster: Cluster,
  name: string,
  of: { readonly phase: (text: string) => void; readonly signal: AbortSignal },
): Promise<EmissaryJob> {
  const { phase, signal } = of;
  const silent = (reason: string) => phase(`waiting for the cluster: ${reason}`);
  for await (const job of jobStates(cluster, name, { signal, silent })) {
    if (job === null || (job.metadata.deletionTimestamp !== undefined && !hasEnded(job)))
      throw new Fault('engine', `Somebody has deleted the EmissaryJob ${name} before its job started`);
    if (job.status?.phase === 'Executing' || (hasEnded(job) && hasBegun(job))) return job;
    if (hasEnded(job))
      throw new NeverStarted('engine', `The EmissaryJob ${name} could not start: ${reasonOf(job)}`);
    phase(isTaken(job) ? reasonOf(job) : `waiting for an operator of the namespace ${cluster.namespace}`);
  }
  throw signal.reason;
}

/** Whether an operator has seen that the job is to start. */
function isTaken({ status }: EmissaryJob): boolean {
  return status?.phase !== undefined && status.reason !== 'Suspended';
}
