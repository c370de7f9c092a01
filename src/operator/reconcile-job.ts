import { limits } from '../base/limits.ts';
import { statusOf } from '../launch/kubernetes/api/api-error.ts';
import { type Pod, stateOf } from '../launch/kubernetes/pod-state.ts';
import { isOwned } from './attempt-pods.ts';
import { isOfJob } from './is-of-job.ts';
import { JobAttempt } from './job-attempt.ts';
import { hasEnded, type JobResource, type JobStatus, statusOfResource } from './job-resource.ts';
import { nextStatus } from './next-status.ts';
import type { Place } from './object-key.ts';
import { type Outcome, observePod } from './observe-pod.ts';
import { podNameOf } from './pod-of-resource.ts';
import { reportedAtEnd } from './tell/reported-condition.ts';
import type { Tools } from './tools.ts';
import type { Again } from './work-queue.ts';

/**
 * Brings one job a step further, from what is there now: it does not matter what has been done before, or by whom. Each decision
 * is written before it is acted on.
 *
 * @returns when to look again without news
 * @throws what is to be tried again later
 */
export async function reconcileJob(place: Place, tools: Tools): Promise<Again> {
  const job = tools.jobs.get(place);
  if (job === null) return null;
  try {
    return await reconcile(job, tools);
  } catch (error) {
    if (statusOf(error) !== 409 && statusOf(error) !== 404) throw error;
    // Decided on what is not so any more.
    const fresh = await tools.writer.read(place);
    // A definition that is being replaced hides its resources for a moment: only the watch tells that one is gone.
    if (fresh === null) throw error;
    tools.jobs.put(fresh);
    if (fresh.metadata.resourceVersion === job.metadata.resourceVersion) throw error;
    return 0;
  }
}

async function reconcile(job: JobResource, tools: Tools): Promise<Again> {
  const status = statusOfResource(job);
  if (hasEnded(status)) return afterwards(job, status, tools);
  if (job.metadata.deletionTimestamp !== undefined) return abort(job, status, tools);
  const held = await tools.writer.hold(job);
  tools.jobs.put(held);
  if (status.attempts > 0) return new JobAttempt(held, status, tools).step();
  return begin(held, status, tools);
}

async function begin(job: JobResource, status: JobStatus, tools: Tools): Promise<Again> {
  if (job.spec.suspend === true) {
    const change = {
      phase: 'Queued',
      reason: 'Suspended',
      message: 'It waits until spec.suspend is false',
    } as const;
    tools.jobs.put(await tools.writer.writeStatus(job, nextStatus(job, status, change)));
    return null;
  }
  try {
    await tools.definitions.podJob(job, 1);
  } catch (error) {
    if (!isOfJob(error)) throw error;
    const change = { phase: 'Failed', reason: 'InvalidSpec', message: error.message } as const;
    const next = nextStatus(job, status, change, {
      failed: 'InvalidSpec',
      reported: reportedAtEnd(job, false),
    });
    tools.jobs.put(await tools.writer.writeStatus(job, next));
    return 0;
  }
  const next = nextStatus(job, status, {
    phase: 'Queued',
    reason: 'Accepted',
    message: 'Its pod is being made',
    attempts: 1,
    podName: podNameOf(job, 1),
    attemptTime: new Date().toISOString(),
  });
  const written = await tools.writer.writeStatus(job, next);
  tools.jobs.put(written);
  return new JobAttempt(written, next, tools).step();
}

/** Somebody has deleted the resource of a job that has not ended. */
async function abort(job: JobResource, status: JobStatus, tools: Tools): Promise<Again> {
  const { pods } = tools;
  const found =
    status.podName === null
      ? null
      : await pods.find({ namespace: job.metadata.namespace, name: status.podName });
  const pod = found !== null && isOwned(found, job) ? found : null;
  const last = pod ?? pods.lastOf(status.podUid ?? '');
  const seen = last === null ? null : observePod(last, pod === null);
  if (pod !== null) {
    const hasRun = status.podUid === pod.metadata?.uid && stateOf(pod).kind !== 'created';
    await pods.stop(pod, hasRun ? 'own' : 'none');
    if (seen?.kind !== 'ended') return limits.operatorLookMs;
  }
  const next = nextStatusOfAborted(job, status, seen?.kind === 'ended' ? seen.outcome : null);
  tools.jobs.put(await tools.writer.writeStatus(job, next));
  return 0;
}

/** One that had succeeded by then has succeeded. */
function nextStatusOfAborted(job: JobResource, status: JobStatus, outcome: Outcome | null): JobStatus {
  const { exitCode = null, verdict = null, finishedAt = null } = outcome ?? {};
  // A job whose pod is not known by its UID never ran.
  const reported = reportedAtEnd(job, outcome?.reported ?? (status.podUid === null ? false : null));
  const known = { exitCode, verdict, ...(finishedAt !== null && { completionTime: finishedAt }) };
  if (outcome?.kind === 'succeeded') {
    const { reason, message } = outcome;
    return nextStatus(job, status, { ...known, phase: 'Succeeded', reason, message }, { reported });
  }
  const message = 'Somebody has deleted it before it ended';
  const change = { ...known, phase: 'Aborted', reason: 'Deleted', message } as const;
  return nextStatus(job, status, change, { failed: 'Aborted', reported });
}

/** Of a job that has ended: its pods go, all is told, then the resource goes, each when its time has come. */
async function afterwards(job: JobResource, status: JobStatus, tools: Tools): Promise<Again> {
  const { ttlSecondsAfterFinished: ttl, keepPod = 'Never' } = job.spec;
  const keeps = (pod: Pod) =>
    stateOf(pod).kind === 'ended' &&
    (keepPod === 'Always' || (keepPod === 'OnFailure' && status.phase !== 'Succeeded'));
  await tools.pods.tidy(job, keeps);
  const told = await tools.telling.settle(job, status);
  if (told !== 'told') return told;
  tools.jobs.put(await tools.writer.letGo(job));
  if (ttl === undefined || job.metadata.deletionTimestamp !== undefined) return null;
  const left = Date.parse(status.completionTime ?? '') + ttl * 1_000 - Date.now();
  if (left > 0) return left;
  await tools.writer.remove(job);
  return null;
}
