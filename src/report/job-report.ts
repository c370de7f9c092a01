import { faultStatus } from '../base/fault.ts';
import { lostExitCode, type Result, type Started, type Verdict } from '../contract/records.ts';
import type { ContainerState } from './container-state.ts';
import type { StopReason } from './time-budget.ts';

/** How one container ended, as the sidecar sees it. */
export interface ContainerReport {
  readonly name: string;
  readonly verdict: Verdict | 'lost';
  readonly exitCode: number;
  /** One sentence; null on success. */
  readonly message: string | null;
  readonly pid: number | null;
  /** Null when the wrapper left none. */
  readonly result: Result | null;
}

/** How the job ended: what is reported, and kept as `report/report.json`. */
export interface JobReport {
  readonly version: 1;
  readonly jobId: number | null;
  readonly verdict: Verdict | 'lost';
  readonly exitCode: number;
  /** One sentence that names every container that did not succeed; null on success. */
  readonly message: string | null;
  readonly pid: number | null;
  /** The first start of a container; null when none was started. */
  readonly started: Started | null;
  /** None when the template cannot be read: then nobody knows which they are. */
  readonly containers: readonly ContainerReport[];
}

/**
 * Concludes from its containers how the job ended. The container that failed first in the template's order decides,
 * one that was only skipped because of another last.
 *
 * @param states of every main container, all ended, in the template's order
 * @param stopped why the sidecar stopped the job, or null
 */
export function concludeJob(
  jobId: number | null,
  states: ReadonlyMap<string, ContainerState>,
  started: Started | null,
  stopped: StopReason | null,
): JobReport {
  const timedOut = stopped === 'timeout' || stopped === 'deadline';
  const containers = [...states].map(([name, state]) => containerReport(name, state, timedOut));
  const failed = containers.filter(({ verdict }) => verdict !== 'succeeded');
  const decisive = failed.find(({ verdict }) => verdict !== 'skipped') ?? failed[0] ?? containers[0];
  return {
    version: 1,
    jobId,
    verdict: decisive?.verdict ?? 'error',
    exitCode: decisive?.exitCode ?? faultStatus.delivery,
    message: messageOf(containers, failed),
    pid: decisive?.pid ?? null,
    started,
    containers,
  };
}

/**
 * The report of a job that cannot be followed.
 * @param message why, one sentence
 */
export function refuseJob(jobId: number | null, message: string): JobReport {
  const [verdict, exitCode] = ['error', faultStatus.template] as const;
  return { version: 1, jobId, verdict, exitCode, message, pid: null, started: null, containers: [] };
}

function containerReport(name: string, state: ContainerState, timedOut: boolean): ContainerReport {
  switch (state.kind) {
    case 'sealed': {
      const { result, exitCode, complaint } = state;
      return {
        name,
        verdict: complaint === null && result !== null ? stopVerdict(result.verdict, timedOut) : 'error',
        exitCode,
        message: complaint ?? result?.message ?? null,
        pid: result?.pid ?? state.started?.pid ?? null,
        result,
      };
    }
    case 'lost':
    case 'waiting':
    case 'running': {
      const reason = state.kind === 'lost' ? state.reason : `Container ${name} has not ended`;
      const pid = state.kind === 'waiting' ? null : (state.started?.pid ?? null);
      return { name, verdict: 'lost', exitCode: lostExitCode, message: reason, pid, result: null };
    }
  }
}

/** The wrapper only knows that it was asked to stop; the sidecar knows why it asked. */
function stopVerdict(verdict: Verdict, timedOut: boolean): Verdict {
  return timedOut && verdict === 'terminated' ? 'timedOut' : verdict;
}

function messageOf(
  containers: readonly ContainerReport[],
  failed: readonly ContainerReport[],
): string | null {
  if (failed.length === 0) return null;
  if (containers.length === 1) return failed[0]?.message ?? `The job ${failed[0]?.verdict}`;
  return containers.map(({ name, verdict, exitCode }) => `${name}: ${verdict} (${exitCode})`).join('; ');
}
