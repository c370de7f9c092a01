import { log } from '../base/log.ts';
import { cancelJob } from '../launch/known/cancel-job.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { jobReference } from '../settings/verbs/job-reference.ts';

/**
 * `multiflexi-emissary cancel`: stops a launched job, and waits for its end.
 *
 * @returns 0 when it has ended
 * @throws Fault `usage`, `volume`
 */
export async function cancel(invocation: Invocation, args: readonly Buffer[]): Promise<number> {
  const reference = jobReference('cancel', invocation, args);
  const sentence = await cancelJob(reference, invocation);
  if (!reference.quiet) log(sentence, 'info');
  return 0;
}
