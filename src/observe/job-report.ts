import { faultStatus } from '../base/fault.ts';
import { lostExitCode, type Result, type Started, type Verdict } from '../contract/records.ts';
import type { ContainerState } from './container-state.ts';

/** Why the reporter stops a job. */
export type StopReason = 'timeout' | 'deadline' | 'signal';

/** How one container ended, as the reporter sees it. */
export interface ContainerReport {
  readonly name: string;
  readonly verdict: Verdict | 'lost';
  readonly exitCode: number;
  /** One sentence; null on success. */
  readonly message: string | null;
  readonly pid: number | null;
  /** RFC 3339, UTC, ms; null if the wrapper has not recorded it. */
  readonly finishedAt: string | null;
  /** Null if the wrapper left none. */
  readonly result: Result | null;
  /** Why the report may be incomplete or not final: one sentence, and the exit status is 64. Null if everything is known. */
  readonly doubt: string | null;
}

/** How the job ended: reported, and kept as `report/report.json`. */
export interface JobReport {
  readonly version: 1;
  readonly jobId: number | null;
  readonly verdict: Verdict | 'lost';
  readonly exitCode: number;
  /** One sentence that names every container that did not succeed; null on success. */
  readonly message: string | null;
  readonly pid: number | null;
  /** The first start of a container; null if none was started. */
  readonly started: Started | null;
  /** Empty if the template cannot be read: then the containers are unknown. */
  readonly containers: readonly ContainerReport[];
}

/**
 * Derives from its containers how the job ended. The first container in the template's order that failed decides; one
 * that was skipped because of another decides only if no other failed.
 *
 * @param states of every main container, all ended, in the template's order
 * @param stopped why the reporter stopped the job, or null
 */
export function concludeJob(
  jobId: number | null,
  states: ReadonlyMap<string, ContainerState>,
  started: Started | null,
  stopped: StopReason | null,
): JobReport {
  const containers = [...states].map(([name, state]) => reportContainer(name, state, stopped));
  return concludeContainers(jobId, containers, started);
}

/** The same, from the reports of the containers. */
export function concludeContainers(
  jobId: number | null,
  containers: readonly ContainerReport[],
  started: Started | null,
): JobReport {
  const failed = containers.filter(
    (container) => container.verdict !== 'succeeded' && !isTolerated(container),
  );
  const decisive = failed.find(({ verdict }) => verdict !== 'skipped') ?? failed[0] ?? succeeded(containers);
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

/** The exit code of a container's failure that does not count is its own affair. */
function succeeded([first]: readonly ContainerReport[]):
  | Pick<ContainerReport, 'verdict' | 'exitCode' | 'pid'>
  | undefined {
  return first === undefined ? undefined : { verdict: 'succeeded', exitCode: 0, pid: first.pid };
}

/** Only the failure of the job itself is tolerated: what is lost or was stopped is not. */
function isTolerated({ verdict, result }: ContainerReport): boolean {
  return verdict === 'failed' && result?.tolerated === true;
}

/**
 * The report of a job that cannot be followed.
 * @param message why, one sentence
 */
export function refuseJob(jobId: number | null, message: string): JobReport {
  const [verdict, exitCode] = ['error', faultStatus.template] as const;
  return { version: 1, jobId, verdict, exitCode, message, pid: null, started: null, containers: [] };
}

/** Sentences about what is missing from the report of a job, or may not be final. */
export function doubtsOf(report: JobReport): readonly string[] {
  return report.containers.flatMap(({ doubt }) => doubt ?? []);
}

/** How a container ended that is not waited for any longer. @param stopped why the reporter stopped the job, or null */
export function reportContainer(
  name: string,
  state: ContainerState,
  stopped: StopReason | null,
): ContainerReport {
  const timedOut = stopped === 'timeout' || stopped === 'deadline';
  switch (state.kind) {
    case 'sealed': {
      const { result, exitCode, complaint } = state;
      return {
        name,
        verdict: stopVerdict(verdictOfSealed(state), timedOut),
        exitCode,
        message: complaint ?? result?.message ?? state.doubt,
        pid: result?.pid ?? state.started?.pid ?? null,
        finishedAt: result?.finishedAt ?? null,
        result,
        doubt: state.doubt,
      };
    }
    case 'lost':
    case 'saving': {
      const { ended } = state;
      const message = state.kind === 'lost' ? state.reason : `Container ${name} is still saving its outputs`;
      const pid = state.started?.pid ?? null;
      const isGuess = state.kind === 'lost' && state.givenUp === true;
      if (ended === null) return { ...lost(name, message, pid), doubt: isGuess ? message : null };
      const { exitCode, finishedAt } = ended;
      const verdict = stopVerdict(ended.verdict, timedOut);
      return { name, verdict, exitCode, message, pid, finishedAt, result: null, doubt: message };
    }
    case 'waiting':
      return lost(name, `Container ${name} has not ended`, null);
    case 'running':
      return lost(name, `Container ${name} has not ended`, state.started?.pid ?? null);
  }
}

function lost(name: string, message: string, pid: number | null): ContainerReport {
  const nothing = { finishedAt: null, result: null, doubt: null };
  return { name, verdict: 'lost', exitCode: lostExitCode, message, pid, ...nothing };
}

/** The verdict of a sealed container; if its result cannot be read, the exit code decides. */
export function verdictOfSealed({
  complaint,
  result,
  exitCode,
}: Extract<ContainerState, { kind: 'sealed' }>): Verdict {
  if (complaint !== null) return 'error';
  return result?.verdict ?? (exitCode === 0 ? 'succeeded' : 'failed');
}

/** The wrapper only knows that it was stopped; the reporter knows why. */
function stopVerdict(verdict: Verdict, timedOut: boolean): Verdict {
  return timedOut && verdict === 'terminated' ? 'timedOut' : verdict;
}

function messageOf(
  containers: readonly ContainerReport[],
  failed: readonly ContainerReport[],
): string | null {
  if (failed.length === 0) {
    const notes = containers.flatMap((container) => noteOf(container, containers.length > 1) ?? []);
    return notes.length === 0 ? null : notes.join('; ');
  }
  if (containers.length === 1) return failed[0]?.message ?? `The job ${failed[0]?.verdict}`;
  return containers.map(({ name, verdict, exitCode }) => `${name}: ${verdict} (${exitCode})`).join('; ');
}

/** What is to be said about a container although the job has succeeded. */
function noteOf(container: ContainerReport, isNamed: boolean): string | null {
  const { name, message, doubt, result } = container;
  if (doubt !== null) return doubt;
  if (message === null || (result?.origin !== 'person' && !isTolerated(container))) return null;
  return isNamed ? `${name}: ${message}` : message;
}
