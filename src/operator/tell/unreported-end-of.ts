import { faultStatus } from '../../base/fault.ts';
import { lostExitCode } from '../../contract/records.ts';
import type { UnreportedEnd } from '../../report/unreported-end.ts';
import type { JobResource, JobStatus } from '../job-resource.ts';

/** As of a launch that is stopped by TERM. */
const stoppedExitCode = 143;

/** How MultiFlexi is told of a job whose reporter could not tell it; null: it has no row. */
export function unreportedEndOf({ spec }: JobResource, status: JobStatus): UnreportedEnd | null {
  const { jobId } = spec.multiflexi ?? {};
  const { attempts, phaseHistory, message, completionTime } = status;
  if (jobId === undefined) return null;
  const hasRun = phaseHistory.some(({ attempt, phase }) => attempt === attempts && phase === 'Executing');
  return {
    jobId,
    exitCode: exitCodeOf(status),
    message: `${status.reason}: ${message}`,
    endedAt: completionTime ?? new Date().toISOString(),
    // What an attempt's own reporter has written stays.
    replaces: attempts > 1 && !hasRun && status.exitCode === null,
  };
}

function exitCodeOf({ exitCode, phase, conditions }: JobStatus): number {
  if (exitCode !== null) return exitCode;
  if (phase === 'Aborted') return stoppedExitCode;
  const isLost = conditions.some(({ type, reason }) => type === 'Failed' && reason === 'RetryableFailure');
  return isLost ? lostExitCode : faultStatus.engine;
}
