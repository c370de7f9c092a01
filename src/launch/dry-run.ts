import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { yamlOf } from '../pod/yaml-of.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import type { LaunchSettings } from '../settings/verbs/launch-settings.ts';
import { podJob } from './job/engine-job.ts';
import { planJob } from './job/job-plan.ts';
import { containerName } from './open-launch.ts';

/** Of an installation that has launched nothing yet. */
const nobody = '0'.repeat(12);

/**
 * The pod, or the resource for an operator, and the Secrets that a launch would make, as YAML. Nothing is made, on this host neither.
 *
 * @param key of the job in the state directory
 * @throws Fault `usage`; `engine` where the image's own command cannot be found out
 */
export async function dryRun(settings: LaunchSettings, invocation: Invocation, key: string): Promise<string> {
  const installation = installationIn(settings.state);
  const name = containerName(installation, key);
  const job = await podJob(settings, planJob(settings), { installation, key, name });
  const { objectsOf } = await import('./kubernetes/objects-of.ts');
  return yamlOf(await objectsOf(job, settings, invocation.environment));
}

function installationIn(state: string): string {
  try {
    return readFileSync(join(state, 'installation'), 'latin1').trim();
  } catch {
    return nobody;
  }
}
