import { rmSync } from 'node:fs';
import type { LaunchedJob } from './launched-job.ts';

/** What is here of an earlier attempt must not be taken for the present one, which has another volume. */
export async function beginAttempt(job: LaunchedJob): Promise<void> {
  const attempt = (await job.engine.attempt?.(job.container)) ?? null;
  const { attempt: known, stage } = job.record;
  if (attempt === null || attempt === known) return;
  if (known !== undefined)
    for (const path of [job.root, job.directory.spool]) rmSync(path, { recursive: true, force: true });
  job.advance(stage, { attempt });
}
