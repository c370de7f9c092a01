import { Fault } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { mountedJson } from '../settings/cli/mounted-json.ts';
import { readGiven } from '../settings/cli/read-given.ts';
import { engineEnvironment } from '../settings/verbs/launch-report.ts';
import type { LaunchSettings } from '../settings/verbs/launch-settings.ts';
import { type EngineJob, labels, volumePath } from './engine.ts';
import { Interrupts } from './interrupts.ts';
import { installedProgram, podProgram } from './job/installed-program.ts';
import { Interrupted } from './job/interrupted.ts';
import { type JobPlan, planJob } from './job/job-plan.ts';
import { writeSecrets } from './job/job-secrets.ts';
import { LaunchedJob } from './job/launched-job.ts';
import { openEngine } from './open-engine.ts';
import { Screen } from './progress/screen.ts';
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
      settings.kubernetes,
    );
    const isFar = engine.openSender !== null;
    const record = earlier(before, settings) ?? newRecord(settings, directory, state, isFar);
    const container = await containerOf({
      settings,
      plan,
      state,
      directory,
      record,
      program,
      isFar,
      makesVolume: engine.makesVolume,
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
  return before;
}

function newRecord(
  settings: LaunchSettings,
  directory: LaunchDirectory,
  state: StateDirectory,
  elsewhere: boolean,
): LaunchRecord {
  const { engine, image, application, command, root } = settings;
  return {
    version: 1,
    key: directory.key,
    engine,
    stage: 'preparing',
    container: engine === 'native' ? null : `emissary-${state.installation}-${directory.key}`,
    image,
    program: application?.executable ?? command[0] ?? null,
    root: root ?? directory.volume,
    elsewhere,
    cluster: settings.engine === 'kubernetes' ? settings.kubernetes : null,
    createdAt: new Date().toISOString(),
    reports: settings.reports,
    exitCode: null,
    verdict: null,
    message: null,
    kept: false,
  };
}

async function containerOf(of: {
  readonly settings: LaunchSettings;
  readonly plan: JobPlan;
  readonly state: StateDirectory;
  readonly directory: LaunchDirectory;
  readonly record: LaunchRecord;
  readonly program: string;
  readonly isFar: boolean;
  readonly makesVolume: boolean;
}): Promise<EngineJob> {
  const { settings, plan, state, directory, record, program } = of;
  const isNative = settings.engine === 'native';
  return {
    name: record.container ?? directory.key,
    labels: {
      [labels.installation]: state.installation,
      [labels.job]: directory.key,
    },
    image: settings.image,
    command: plan.command,
    environment: {
      ...(!isNative && { PROGRESS_FILE: `${volumePath}/progress` }),
      ...(isNative && { PROGRESS_FILE: progressFile(settings, plan, record.root) }),
      // In a cluster, people and collectors read the log of the pod, and it is what is left where exec is forbidden.
      ...(settings.engine !== 'kubernetes' && { EMISSARY_CAPTURE_ONLY: 'true' }),
      // The launcher forwards everything: the volume must have it.
      EMISSARY_LOG_LIMIT_BYTES: settings.nativeEnvironment['EMISSARY_LOG_LIMIT_BYTES'] ?? '0',
      ...(settings.timeoutSeconds !== null && { EMISSARY_TIMEOUT_SECONDS: settings.timeoutSeconds }),
      ...(settings.graceSeconds !== null && { EMISSARY_GRACE_SECONDS: settings.graceSeconds }),
      ...(plan.mask !== null && { EMISSARY_MASK_ENV: plan.mask }),
      ...writeSecrets(directory.secrets, plan),
    },
    template: of.makesVolume ? templateText(plan, settings) : null,
    places: {
      own: directory.path,
      volume: of.isFar ? directory.staging : record.root,
      program: isNative || of.makesVolume ? '' : await installedProgram(program, state.path),
      secrets: directory.secrets,
    },
    resources: settings.resources,
    pull: settings.pull,
  };
}

/** The template for an engine that makes the volume itself. @throws Fault `usage` */
function templateText({ template }: JobPlan, settings: LaunchSettings): string | null {
  if (template !== null) return JSON.stringify(template);
  return settings.template === null ? null : mountedJson(readGiven(settings.template, limits.templateBytes));
}

/** Where the launcher reads the job's progress. */
function progressFile(settings: LaunchSettings, plan: JobPlan, root: string): string {
  const own = plan.variables.get('PROGRESS_FILE') ?? settings.nativeEnvironment['PROGRESS_FILE'];
  return settings.engine === 'native' && own !== undefined && own !== '' ? own : `${root}/progress`;
}
