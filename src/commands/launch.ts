import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Fault } from '../base/fault.ts';
import { Interrupts } from '../launch/interrupts.ts';
import { Interrupted } from '../launch/native/init-volume.ts';
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
  let needed = false;
  try {
    const ended = await runRoles({
      ...settings,
      program,
      root: volume.root,
      jobEnvironment: { ...settings.jobEnvironment, PROGRESS_FILE: progress },
      screen,
      interrupts,
      onInstalled: () => {
        needed = true;
      },
    });
    needed = !ended.delivered;
    return ended.status;
  } catch (error) {
    if (error instanceof Interrupted) return error.status;
    throw error;
  } finally {
    screen.stop();
    const kept = await volume.leave(needed);
    if (kept !== null && settings.root === null) screen.note(`The job's volume is kept in ${kept}`);
    await screen.flush();
  }
}

/** The program for pods is beside this one. Where this one was installed as `init` does it, its bootstrap serves as well. */
function podProgram(own: string): string {
  const beside = join(dirname(own), 'emissary');
  const installed = join(dirname(own), '../../emissary');
  const path = [beside, installed].find((candidate) => existsSync(candidate));
  if (path !== undefined) return path;
  throw new Fault('usage', `Cannot find the pod program ${beside}; install it beside this program`);
}
