import { containers } from '../../launch/kubernetes/pod-names.ts';
import type { PageModel, PagePhase, PageVerdict } from '../../page/page-model.ts';
import { endedBy, pageVerdict } from '../../page/page-verdict.ts';
import type { PageSource } from '../../page/read-page.ts';
import {
  type HistoryEntry,
  hasEnded,
  type JobResource,
  type Phase,
  statusOfResource,
} from '../job-resource.ts';
import type { PodLog } from './pod-log-parts.ts';

/** Makes the page of a job of what the cluster has of it. @param log null: there is none, or no longer */
export function jobPage(job: JobResource, log: PodLog | null): PageSource {
  const status = statusOfResource(job);
  const { metadata, spec } = job;
  const verdict = verdictOf(status);
  const { exitCode, message } = status;
  const jobId = spec.multiflexi?.jobId ?? null;
  const command = [...(spec.command ?? []), ...(spec.args ?? [])];
  const logs = log?.parts ?? [];
  const model: PageModel = {
    title: `${metadata.namespace}/${metadata.name}`,
    jobId,
    verdict,
    exitCode,
    message,
    endedBy: endedBy(verdict, null, null),
    lastWords: null,
    attempts: Math.max(1, status.attempts),
    startedAt: timeOf(status.startTime),
    finishedAt: timeOf(status.completionTime),
    madeAt: Date.now(),
    phases: phasesOf(status.phaseHistory, hasEnded(status)),
    containers: [
      {
        ...{ name: containers.main, verdict, exitCode, message: null, command, attempts: [], usage: [] },
        ...{ userSeconds: null, systemSeconds: null, maxRssBytes: null },
        logs: logs.map(({ kind, bytes }) => ({ kind, bytes })),
        shortened: aboutLog(log, status.podName !== null, jobId),
      },
    ],
    outputs: [],
    complaints: [],
    report: null,
  };
  return { model, logs };
}

/** What is to be known of the log: one sentence, or two. */
function aboutLog(log: PodLog | null, hadPod: boolean, jobId: number | null): string {
  if (log === null && !hadPod) return 'There is no pod so far, and no log.';
  const where = jobId === null ? '' : ` What was reported of it: multiflexi-emissary page --job ${jobId}.`;
  if (log === null) return `The cluster has no log of its pod, or no longer.${where}`;
  const skipped = log.skipped === 0 ? '' : ` Its first ${log.skipped} bytes are not on this page.`;
  return `The log is that of the cluster: both streams are one, and it goes with the pod.${skipped}`;
}

const verdicts: Readonly<Record<Phase, PageVerdict>> = {
  Queued: 'waiting',
  Initializing: 'waiting',
  Executing: 'running',
  Succeeded: 'succeeded',
  Failed: 'failed',
  Aborted: 'terminated',
  TimedOut: 'timedOut',
};

function verdictOf(status: ReturnType<typeof statusOfResource>): PageVerdict {
  const { phase, verdict } = status;
  if (hasEnded(status) && verdict !== null) {
    const known = pageVerdict({ verdict, state: 'sealed' });
    if (known !== 'running') return known;
  }
  return phase === null ? 'waiting' : verdicts[phase];
}

/** The steps of the job; the attempts are told apart where there are several. */
function phasesOf(history: readonly HistoryEntry[], isOver: boolean): readonly PagePhase[] {
  const several = new Set(history.map(({ attempt }) => attempt)).size > 1;
  // A phase may have several reasons, one after the other.
  const steps = history.filter(
    ({ phase, attempt }, index) =>
      phase !== history[index - 1]?.phase || attempt !== history[index - 1]?.attempt,
  );
  return steps.flatMap(({ phase, attempt, time }, index) => {
    const from = timeOf(time);
    const next = steps[index + 1];
    if (from === null || (isOver && next === undefined)) return [];
    const name = several ? `${phase.toLowerCase()}, attempt ${attempt}` : phase.toLowerCase();
    return [{ name, container: null, from, until: timeOf(next?.time ?? null) }];
  });
}

function timeOf(text: string | null): number | null {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? null : time;
}
