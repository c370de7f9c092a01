import type { Run } from './open-run.ts';
import type { AttemptEnd } from './supervise.ts';
import { endedRun, faultedRun, nothingSaved, type RunVerdict } from './verdict.ts';

/** The end of the last attempt, once it is known. */
export interface KnownEnd {
  end: AttemptEnd | null;
}

/** A sealed job must not continue: terminates it first. If it has already failed, its own failure takes precedence. */
export async function giveUp(run: Run, error: unknown, { end }: KnownEnd): Promise<RunVerdict> {
  // Prevents further attempts.
  run.stopController.stop('signal');
  await run.reaper.endLeftovers();
  const trouble = faultedRun(error);
  const verdict = end === null ? trouble : endedRun(end, run.stopController, nothingSaved);
  return verdict.verdict === 'succeeded' ? trouble : verdict;
}
