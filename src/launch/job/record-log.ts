import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Fault, messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { mirrorDirectory } from '../../contract/mirror/mirror-marker.ts';
import type { LaunchedJob } from './launched-job.ts';
import { prepareVolume } from './prepare-volume.ts';

/**
 * Makes the job's volume here, since the one that it has cannot be reached: a wrapper of this host records what the engine's
 * log tells, as if it were the job. It goes on when the launcher is killed.
 *
 * @param reason why the volume cannot be reached
 * @throws Fault `volume`, `engine`
 */
export async function recordLog(job: LaunchedJob, reason: string): Promise<void> {
  const { engine, program, root, screen } = job;
  const log = engine.logCommand?.(job.container);
  if (log === undefined) throw new Fault('engine', `The volume cannot be reached: ${reason}`);
  screen.note(`emissary: Only the log of the job can be read (${reason}): ${log.loss}`);
  // Until now it was to become a mirror.
  rmSync(join(root, mirrorDirectory), { recursive: true, force: true });
  const note = (line: string) => screen.note(line);
  await prepareVolume({ program, root, template: null, environment: {}, note });
  job.advance(job.record.stage, { logged: true });
  // The job has its own grace, and its pod may hold a little longer.
  const grace = Number(job.settings.graceSeconds ?? limits.graceSeconds) + limits.reportSeconds;
  const options = ['--root', root, '--name', 'main', '--capture-only', '--grace', String(grace)];
  const wrapper = ['run', ...options, '--', job.ownProgram, ...log.args];
  const started = spawn(program, wrapper, { env: log.environment, stdio: 'ignore', detached: true });
  try {
    await once(started, 'spawn');
  } catch (cause) {
    throw new Fault('engine', `Cannot start the emissary: ${messageOf(cause)}`, { cause });
  }
  started.unref();
}
