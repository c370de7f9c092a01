import type { JobReport } from '../../observe/job-report.ts';
import type { LaunchedJob } from './launched-job.ts';

/**
 * The exit code of a job whose results are not there any more, as its operator has recorded it: its reporter has reported it.
 * Null: nobody knows.
 */
export async function recordedCode(job: LaunchedJob, report: JobReport | null): Promise<number | null> {
  const { engine, container, record, screen } = job;
  const isLost = report === null || report.verdict === 'lost';
  if (!isLost || engine.via !== 'operator' || record.sidecar !== true) return null;
  const state = await engine.look(container).catch(() => null);
  if (state?.kind !== 'ended' || state.exitCode === null) return null;
  screen.note(
    `emissary: The job's results are gone; its operator has recorded the exit code ${state.exitCode}`,
    'warning',
  );
  return state.exitCode;
}
