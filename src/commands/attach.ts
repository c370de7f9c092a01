import { attachJob } from '../launch/known/attach-job.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { jobReference } from '../settings/verbs/job-reference.ts';

/**
 * `multiflexi-emissary attach`: shows the output of a launched job. TERM ends only this process.
 *
 * @returns the job's exit code
 * @throws Fault `usage`, `volume`
 */
export async function attach(invocation: Invocation, args: readonly Buffer[]): Promise<number> {
  return attachJob(jobReference('attach', invocation, args), invocation);
}
