import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Fault, reasonOf } from '../../base/fault.ts';
import type { LaunchSettings } from '../../settings/verbs/launch-settings.ts';

/**
 * Refuses a directory for results that cannot be made or written to: the reporter would only find out when the job has
 * ended. A disk that fills up later is the reporter's concern.
 *
 * @throws Fault `delivery`
 */
export function requireResults({
  reports,
  reporterEnvironment,
}: Pick<LaunchSettings, 'reports' | 'reporterEnvironment'>): void {
  const directory = reporterEnvironment['EMISSARY_RESULTS_DIR'] ?? '';
  if (!reports || directory === '') return;
  const refuse = (reason: string, cause?: unknown) =>
    new Fault('delivery', `Cannot keep results in ${directory}: ${reason}`, { cause });
  let above = directory;
  while (!existsSync(above) && dirname(above) !== above) above = dirname(above);
  if (!statSync(above).isDirectory()) throw refuse(`${above} is not a directory`);
  try {
    accessSync(above, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw refuse(`this user may not write to ${above} (${reasonOf(cause)})`, cause);
  }
}
