import { randomBytes } from 'node:crypto';
import { Fault } from '../base/fault.ts';
import { log } from '../base/log.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { engineEnvironment } from '../settings/verbs/launch-report.ts';
import type { LaunchSettings } from '../settings/verbs/launch-settings.ts';
import type { Engine, EngineJob } from './engine.ts';
import { Interrupts } from './interrupts.ts';
import { engineJob, podJob, progressFile } from './job/engine-job.ts';
import { podProgram } from './job/installed-program.ts';
import { Interrupted } from './job/interrupted.ts';
import { planJob } from './job/job-plan.ts';
import { LaunchedJob } from './job/launched-job.ts';
import { openEngine } from './open-engine.ts';
import { Screen } from './progress/screen.ts';
import { rememberPlace } from './state/engine-places.ts';
import type { LaunchDirectory } from './state/launch-directory.ts';
import type { LaunchRecord } from './state/launch-record.ts';
import { StateDirectory } from './state/state-directory.ts';

/**
 * Claims a job for this launcher, opens its engine, and finds out how far an earlier launcher has come.
 *
 * @param key of the job in the state directory
 * @throws Fault `usage`, `volume`, `engine`; Interrupted; nothing is left of it
 */
export async function openLaunch(
  settings: LaunchSettings,
  invocation: Invocation,
  key: string,
): Promise<LaunchedJob> {
  // First: a signal from now on stops the job.
  const interrupts = new Interrupts(invocation.ignored);
  const cancel = new AbortController();
  interrupts.listen(() => cancel.abort(new Interrupted(interrupts.status ?? 143)));
  const plan = planJob(settings);
  const program = podProgram(invocation.program);
  const state = new StateDirectory(settings.state);
  const directory = claim(state, key);
  const before = directory.read();
  try {
    const engine = await openEngine(
      settings.engine,
      {
        environment: engineEnvironment(invocation.environment),
        options: settings.engineOptions,
        podProgram: program,
        state: state.path,
        nativeEnvironment: settings.nativeEnvironment,
        // What nobody reads must not count as told.
        ...(!settings.quiet && { warn: log }),
        signal: cancel.signal,
      },
      // What an earlier launcher has chosen stays.
      before === null ? settings : { ...settings, via: before.via ?? 'pod' },
    );
    const isFar = engine.openSender !== null;
    const record = earlier(before, settings) ?? newRecord(settings, directory, state, engine);
    rememberPlace(state.path, record);
    const container = await containerOf(engine, {
      ...{ settings, plan, state, directory, program, isFar },
      ...{ name: record.container, root: record.root },
    });
    const screen = new Screen(progressFile(settings, plan, record.root), settings.quiet);
    const parts = { settings, plan, engine, container, directory, program, screen, interrupts, record };
    return new LaunchedJob({ ...parts, ownProgram: invocation.program });
  } catch (error) {
    if (before === null) directory.remove();
    throw error;
  }
}

function claim(state: StateDirectory, key: string): LaunchDirectory {
  const directory = state.job(key);
  if (directory.claim()) return directory;
  const who = directory.launcher === null ? '' : ` by process ${directory.launcher}`;
  throw new Fault(
    'usage',
    `${key} is being launched already${who}; to follow it: multiflexi-emissary attach ${key}`,
  );
}

/** What an earlier launcher has recorded. */
function earlier(before: LaunchRecord | null, settings: LaunchSettings): LaunchRecord | null {
  if (before === null) return null;
  const refuse = (why: string) => {
    throw new Fault(
      'usage',
      `The job ${settings.jobId} was launched before and has not been finished: ${why}`,
    );
  };
  if (before.engine !== settings.engine) refuse(`launch it with --engine ${before.engine}`);
  // Whoever finishes it removes it: its report must not be lost.
  if (before.stage !== 'ended' && before.reports && !settings.reports)
    refuse('launch it with the variables of its report');
  if (before.stage !== 'ended' && before.sidecar === true && settings.sidecar === null)
    refuse('launch it with --report sidecar');
  return before;
}

function newRecord(
  settings: LaunchSettings,
  directory: LaunchDirectory,
  state: StateDirectory,
  { openSender, via }: Engine,
): LaunchRecord {
  const { engine, image, application, command, root } = settings;
  return {
    version: 1,
    key: directory.key,
    engine,
    stage: 'preparing',
    container: nameOf(settings, state.installation, directory.key),
    image,
    program: application?.executable ?? command[0] ?? null,
    root: root ?? directory.volume,
    elsewhere: openSender !== null,
    cluster: settings.engine === 'kubernetes' ? settings.kubernetes : null,
    ...(settings.engine === 'azure' && { azure: placeOf(settings) }),
    ...(via !== undefined && { via }),
    createdAt: new Date().toISOString(),
    reports: settings.reports,
    sidecar: settings.sidecar !== null,
    exitCode: null,
    verdict: null,
    message: null,
    kept: false,
  };
}

function placeOf({ azure: { subscription, resourceGroup, location } }: LaunchSettings) {
  return { subscription, resourceGroup, location };
}

/** Null: a native job has none. A pod that is left, or kept, must not be taken for that of a later attempt. */
function nameOf({ engine }: LaunchSettings, installation: string, key: string): string | null {
  if (engine === 'native') return null;
  const name = containerName(installation, key);
  return engine === 'kubernetes' ? `${name}-${randomBytes(2).toString('hex')}` : name;
}

/** The name of a job's container; that of a pod has a random end besides. */
export function containerName(installation: string, key: string): string {
  return `emissary-${installation}-${key}`;
}

function containerOf({ makesVolume }: Engine, of: Parameters<typeof engineJob>[0]): Promise<EngineJob> {
  const { settings, plan, state, directory } = of;
  if (!makesVolume) return engineJob(of);
  const { installation } = state;
  const { key } = directory;
  return podJob(settings, plan, { installation, key, name: of.name ?? key });
}
