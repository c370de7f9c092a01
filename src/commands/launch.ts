import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Fault } from '../base/fault.ts';
import { Interrupts } from '../launch/interrupts.ts';
import { openJobVolume } from '../launch/native/job-volume.ts';
import { runRoles } from '../launch/native/run-roles.ts';
import { Screen } from '../launch/progress/screen.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { launchSettings, progressFile } from '../settings/cli/launch-settings.ts';

/**
 * `multiflexi-emissary launch`: runs a job under the emissary, and looks like it: its output, its exit code, stopped by
 * TERM and Ctrl-C.
 * @returns the job's exit code; 64 where it succeeded and was not reported
 * @throws Fault `usage`, `volume`
 */
export async function launch(invocation: Invocation, args: readonly Buffer[]): Promise<number> {
  const settings = launchSettings(invocation, args);
  const program = podProgram(invocation.program);
  const interrupts = new Interrupts(invocation.ignored);
  const volume = await openJobVolume(settings.root);
  const progress = progressFile(invocation.environment, volume.root);
  const screen = new Screen(progress);
  let delivered = false;
  try {
    const ended = await runRoles({
      ...settings,
      program,
      root: volume.root,
      jobEnvironment: { PROGRESS_FILE: progress, ...settings.jobEnvironment },
      screen,
      interrupts,
    });
    delivered = ended.delivered;
    return ended.status;
  } finally {
    const kept = await volume.leave(!delivered);
    if (kept !== null && settings.root === null) screen.note(`The job's volume is kept in ${kept}`);
    await screen.close();
  }
}

/** The program that goes into pods stands beside this one. */
function podProgram(own: string): string {
  const path = join(dirname(own), 'emissary');
  if (!existsSync(path))
    throw new Fault('usage', `Cannot find the pod program ${path}; install it beside this program`);
  return path;
}
