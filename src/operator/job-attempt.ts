import { limits } from '../base/limits.ts';
import { reasonOfApi, statusOf } from '../launch/kubernetes/api/api-error.ts';
import type { Pod } from '../launch/kubernetes/pod-state.ts';
import { isOwned } from './attempt-pods.ts';
import { leftMs, pauseMs, pullLeftMs, reportingLeftMs, startsFrom } from './attempt-times.ts';
import { isOfJob } from './is-of-job.ts';
import type { Ending, JobResource, JobStatus } from './job-resource.ts';
import { type Change, type FailedReason, nextAttempt, nextStatus } from './next-status.ts';
import { leftNoWord, type Observation, type Outcome, observePod, vanished } from './observe-pod.ts';
import { progressOf } from './progress-of.ts';
import { foundAs, releasePod } from './take-over.ts';
import { reportedAtEnd } from './tell/reported-condition.ts';
import type { Tools } from './tools.ts';
import type { Again } from './work-queue.ts';

/** The present attempt of a job that has not ended. */
export class JobAttempt {
  #job: JobResource;
  #status: JobStatus;
  readonly #tools: Tools;

  constructor(job: JobResource, status: JobStatus, tools: Tools) {
    this.#job = job;
    this.#status = status;
    this.#tools = tools;
  }

  async step(): Promise<Again> {
    const { pods } = this.#tools;
    const { podName, podUid } = this.#status;
    const place = { namespace: this.#job.metadata.namespace, name: podName ?? '' };
    const known = await pods.find(place);
    // What the watch tells may be late: that a pod is gone is asked of the server.
    const isOther = podUid !== null && known !== null && known.metadata?.uid !== podUid;
    const pod = isOther ? await pods.ask(place) : known;
    if (podUid !== null && pod?.metadata?.uid !== podUid) {
      const last = pods.lastOf(podUid);
      const seen = last === null ? null : observePod(last, true);
      return this.#conclude(seen?.kind === 'ended' ? seen.outcome : vanished);
    }
    if (pod === null) return this.#create();
    if (!isOwned(pod, this.#job) && this.#leftMs <= 0) return this.#endUnstarted();
    if (!isOwned(pod, this.#job))
      return this.#wait('Queued', 'PodNameTaken', `There is a pod ${podName} that is not this job's`);
    const found = await foundAs(pod, this.#attempt);
    if (found === 'outdated') return this.#stop(pod);
    if (found === 'new') await this.#note(pod);
    return this.#observe(pod);
  }

  get #attempt() {
    return { job: this.#job, status: this.#status, tools: this.#tools };
  }

  get #leftMs(): number {
    return leftMs(this.#job, this.#status, this.#tools.since());
  }

  /** What is to run the job is written down before it can. */
  async #note(pod: Pod): Promise<void> {
    const { uid = null } = pod.metadata ?? {};
    const attemptTime = startsFrom(this.#status, this.#tools.since());
    await this.#write({
      phase: 'Queued',
      reason: 'PodMade',
      message: 'Its pod is made',
      podUid: uid,
      attemptTime,
    });
  }

  async #create(): Promise<Again> {
    const early = pauseMs(this.#status);
    if (early > 0) return early;
    if (this.#status.stopping !== null || this.#leftMs <= 0) return this.#endUnstarted();
    const { attempts } = this.#status;
    let created: Awaited<ReturnType<Tools['pods']['create']>>;
    try {
      const podJob = await this.#tools.definitions.podJob(this.#job, attempts);
      created = await this.#tools.pods.create(podJob, this.#job.metadata.namespace);
    } catch (error) {
      if (isOfJob(error))
        return this.#end('Failed', 'InvalidSpec', { reason: 'InvalidSpec', message: error.message });
      // Somebody may have to mend it.
      if (statusOf(error) !== null)
        await this.#write({ phase: 'Queued', reason: 'PodNotMade', message: reasonOfApi(error) });
      throw error;
    }
    if (created.kind === 'waits') return this.#wait('Queued', created.reason, created.message);
    if (created.kind === 'refused')
      return this.#end('Failed', 'StartFailed', { reason: 'PodRefused', message: created.message });
    if (!isOwned(created.pod, this.#job)) return this.step();
    await this.#note(created.pod);
    return this.#observe(created.pod);
  }

  async #observe(pod: Pod): Promise<Again> {
    const { stopping } = this.#status;
    const seen = observePod(pod, false);
    this.#status = { ...this.#status, progress: progressOf(pod) };
    if (stopping !== null && seen.kind !== 'ended') return this.#stop(pod);
    if (seen.kind === 'ended' && seen.outcome.kind !== 'refused') return this.#conclude(seen.outcome);
    if (seen.kind === 'ended') return this.#giveUp(pod, seen.outcome.reason, seen.outcome.message);
    if (seen.kind === 'executing') return this.#execute(pod, seen);
    const refusal = await releasePod(pod, this.#attempt);
    if (refusal !== null) return this.#giveUp(pod, 'CannotStart', refusal);
    const { hope, message, phase } = seen;
    if (hope === 'never') return this.#giveUp(pod, 'CannotStart', message);
    const pullLeft = hope === 'pull' ? pullLeftMs(this.#status) : Number.POSITIVE_INFINITY;
    if (pullLeft <= 0) return this.#giveUp(pod, 'ImagePullFailed', message);
    if (this.#leftMs <= 0) return this.#giveUp(pod, 'StartTimedOut', message);
    const again = await this.#wait(phase, hope === 'pull' ? 'ImagePull' : 'Starting', message);
    return Math.min(again, pullLeft);
  }

  async #execute(pod: Pod, seen: Extract<Observation, { kind: 'executing' }>): Promise<Again> {
    const { startTime } = this.#status;
    await this.#write({
      phase: 'Executing',
      reason: seen.reason,
      message: seen.reason === 'Executing' ? 'The job runs' : 'The job has ended, and is being reported',
      startTime: startTime ?? seen.since,
    });
    // A node that died tells nothing of a pod that was deleted.
    const isDeleted = pod.metadata?.deletionTimestamp !== undefined;
    if (seen.reason === 'Executing') return isDeleted ? limits.operatorLookMs : null;
    const left = reportingLeftMs(this.#status, leftNoWord(pod));
    if (left <= 0) await this.#tools.pods.stop(pod);
    return isDeleted ? limits.operatorLookMs : Math.max(left, limits.operatorLookMs);
  }

  /** An attempt has ended: the job has, too, or there is another one. */
  async #conclude(outcome: Outcome): Promise<Again> {
    const { attempts, stopping } = this.#status;
    const { retries = 0, systemRetries = limits.operatorSystemRetries } = this.#job.spec;
    if (outcome.kind === 'succeeded') return this.#end('Succeeded', null, outcome);
    if (stopping !== null) return this.#endUnstarted();
    if (outcome.kind === 'timedOut') return this.#end('TimedOut', 'TimedOut', outcome);
    const isSystem = outcome.kind !== 'failed';
    const systemFailures = this.#status.systemFailures + (isSystem ? 1 : 0);
    const isOver = isSystem ? systemFailures > systemRetries : attempts - systemFailures > retries;
    if (isOver) {
      this.#status = { ...this.#status, systemFailures };
      return this.#end('Failed', isSystem ? 'RetryableFailure' : 'PermanentFailure', outcome);
    }
    await this.#write(nextAttempt(this.#job, this.#status, { ...outcome, systemFailures }));
    const { keepPod = 'Never' } = this.#job.spec;
    const { podName } = this.#status;
    if (keepPod === 'Never')
      await this.#tools.pods.tidy(this.#job, ({ metadata }) => metadata?.name === podName);
    return this.step();
  }

  /** What keeps a pod from its start is written down before it is deleted, and the job ends when it is gone. */
  async #giveUp(pod: Pod, reason: string, message: string): Promise<Again> {
    const { phase, reason: why } = this.#status;
    const stopping = { reason, message: message.slice(0, limits.operatorMessageCharacters) };
    await this.#write({ phase: phase ?? 'Queued', reason: why ?? 'Starting', message, stopping });
    return this.#stop(pod);
  }

  /** Nothing of it has to be waited for. */
  async #stop(pod: Pod): Promise<Again> {
    await this.#tools.pods.stop(pod, 'none');
    return limits.operatorLookMs;
  }

  #endUnstarted(): Promise<Again> {
    const { stopping, message } = this.#status;
    const late = { reason: 'StartTimedOut', message: `It could not start in time: ${message}` };
    return this.#end('Failed', 'StartFailed', stopping ?? late);
  }

  async #end(
    phase: Ending,
    failed: FailedReason | null,
    of: Pick<Outcome, 'reason' | 'message'> & Partial<Outcome>,
  ): Promise<Again> {
    const { exitCode = null, verdict = null, finishedAt = null, reported = false } = of;
    const change = { phase, reason: of.reason, message: of.message, exitCode, verdict };
    await this.#write(finishedAt === null ? change : { ...change, completionTime: finishedAt }, {
      ...(failed !== null && { failed }),
      reported: reportedAtEnd(this.#job, reported),
    });
    return 0;
  }

  /** @returns ms until its time to start is over */
  async #wait(phase: 'Queued' | 'Initializing', reason: string, message: string): Promise<number> {
    await this.#write({ phase, reason, message });
    return Math.max(0, Math.min(this.#leftMs, limits.operatorLookMs));
  }

  async #write(change: Change, of: Parameters<typeof nextStatus>[3] = {}): Promise<void> {
    this.#status = nextStatus(this.#job, this.#status, change, of);
    this.#job = await this.#tools.writer.writeStatus(this.#job, this.#status);
    this.#tools.jobs.put(this.#job);
  }
}
