import { LeftJob } from './interrupted.ts';
import type { LaunchedJob } from './launched-job.ts';
import { type JobEnd, runJob } from './run-job.ts';

/**
 * Runs a job, and follows it to its end: where its engine runs it again after the cluster has failed it, to the end of the last
 * attempt.
 *
 * @throws as `runJob`
 */
export async function runAttempts(job: LaunchedJob): Promise<JobEnd> {
  for (let start: 'starts' | 'has started' = 'starts'; ; start = 'has started') {
    const end = await runJob(job, start);
    if (!(await goesOn(job, end))) return end;
    job.screen.note('emissary: The cluster has failed the job, and runs it again', 'warning');
  }
}

/** A job that has succeeded, or was asked to stop, is over. */
async function goesOn(job: LaunchedJob, { report }: JobEnd): Promise<boolean> {
  const { engine, container, interrupts, screen, settings } = job;
  if (engine.nextAttempt === undefined || report?.exitCode === 0 || interrupts.status !== null) return false;
  const cancel = new AbortController();
  interrupts.listen((_, signal) => {
    const isLeft = settings.onTerm === 'leave' || (settings.onTerm === 'detach' && signal === 'TERM');
    cancel.abort(isLeft ? new LeftJob() : null);
  });
  try {
    const isLost = report === null || report.verdict === 'lost';
    const of = { isLost, phase: (text: string) => screen.phase(text), signal: cancel.signal };
    return await engine.nextAttempt(container, of);
  } catch (error) {
    if (cancel.signal.reason === null) return false;
    throw error;
  } finally {
    screen.phase(null);
  }
}
