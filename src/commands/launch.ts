import { limits } from '../base/limits.ts';
import { describeLog, withoutLog } from '../base/log.ts';
import { detach } from '../launch/detach.ts';
import { dryRun } from '../launch/dry-run.ts';
import { Interrupted } from '../launch/job/interrupted.ts';
import type { LaunchedJob } from '../launch/job/launched-job.ts';
import { requireResults } from '../launch/job/require-results.ts';
import { cleanJobs } from '../launch/known/clean-jobs.ts';
import { removeKept } from '../launch/known/remove-kept.ts';
import { launchJob } from '../launch/launch-job.ts';
import { openLaunch } from '../launch/open-launch.ts';
import { StateDirectory } from '../launch/state/state-directory.ts';
import { environmentOf } from '../settings/cli/environment.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { type LaunchSettings, launchSettings } from '../settings/verbs/launch-settings.ts';

/**
 * `multiflexi-emissary launch`: runs a job in an engine, and looks like it: its output, its exit code, stopped by TERM
 * and Ctrl-C.
 *
 * @returns the job's exit code; 64 where it succeeded and was not reported
 * @throws Fault `usage`, `volume`, `inputs`, `engine`
 */
export async function launch(invocation: Invocation, args: readonly Buffer[]): Promise<number> {
  const settings = launchSettings(invocation, args);
  if (settings.jobId !== null) describeLog({ jobId: settings.jobId });
  const run = () => launchWith(settings, invocation, args);
  return settings.quiet ? withoutLog(run) : run();
}

async function launchWith(
  settings: LaunchSettings,
  invocation: Invocation,
  args: readonly Buffer[],
): Promise<number> {
  requireResults(settings);
  const key = invocation.environment.get('EMISSARY_LAUNCH_KEY') ?? StateDirectory.keyOf(settings.jobId);
  if (settings.dryRun) {
    invocation.print(await dryRun(settings, invocation, key));
    return 0;
  }
  if (settings.detach) return detach(invocation, args, { state: settings.state, key });
  let job: LaunchedJob;
  try {
    await removeKept(new StateDirectory(settings.state), key, invocation);
    job = await openLaunch(settings, invocation, key);
  } catch (error) {
    if (error instanceof Interrupted) return error.status;
    throw error;
  }
  try {
    const status = await launchJob(job);
    await cleanUp(settings, invocation, key);
    return status;
  } finally {
    job.screen.stop();
    await job.screen.flush();
  }
}

/** What killed launchers have left, a few at a time; it costs this job nothing, whatever goes wrong. */
async function cleanUp(
  { state, reporterEnvironment }: LaunchSettings,
  invocation: Invocation,
  except: string,
): Promise<void> {
  const { MULTIFLEXI_JOB_ID: _, ...environment } = reporterEnvironment;
  const own = { ...invocation, environment: environmentOf(environment) };
  await cleanJobs(new StateDirectory(state), own, { most: limits.cleanedInPassing, except }).catch(
    () => undefined,
  );
}
