import type { LaunchSettings } from '../../settings/verbs/launch-settings.ts';
import { type EngineJob, labels, volumePath } from '../engine.ts';
import type { LaunchDirectory } from '../state/launch-directory.ts';
import type { StateDirectory } from '../state/state-directory.ts';
import { installedProgram } from './installed-program.ts';
import type { JobPlan } from './job-plan.ts';
import { writeSecrets } from './job-secrets.ts';
import { podPlan } from './pod-plan.ts';
import { wrapperVariables } from './wrapper-variables.ts';

/** What an engine gets of a launch. */
interface Given {
  readonly settings: LaunchSettings;
  readonly plan: JobPlan;
  readonly state: StateDirectory;
  readonly directory: LaunchDirectory;
  /** The container's name; null: a native job has none. */
  readonly name: string | null;
  /** The volume, or its mirror. */
  readonly root: string;
  /** The program of the pod, on this host. */
  readonly program: string;
  readonly isFar: boolean;
}

/** Makes what an engine on this host runs; files with its secrets are written. @throws Fault; the operating system's error */
export async function engineJob(of: Given): Promise<EngineJob> {
  const { settings, plan, state, directory, root, program } = of;
  const { timeoutSeconds, graceSeconds } = settings;
  const isNative = settings.engine === 'native';
  return {
    ...common(settings, plan, { installation: state.installation, key: directory.key }),
    name: of.name ?? directory.key,
    environment: {
      ...launcherVariables(settings, plan, root),
      // Not in a cluster: there, people and collectors read the log of the pod, and it is all that is left without exec.
      EMISSARY_CAPTURE_ONLY: 'true',
      ...(timeoutSeconds !== null && { EMISSARY_TIMEOUT_SECONDS: timeoutSeconds }),
      ...(graceSeconds !== null && { EMISSARY_GRACE_SECONDS: graceSeconds }),
      ...(plan.mask !== null && { EMISSARY_MASK_ENV: plan.mask }),
      ...writeSecrets(directory.secrets, plan),
    },
    pod: null,
    places: {
      own: directory.path,
      volume: of.isFar ? directory.staging : root,
      program: isNative ? '' : await installedProgram(program, state.path),
      secrets: directory.secrets,
    },
  };
}

/** What an engine runs that makes pods: nothing of it is on this host. @throws Fault `template`, before anything is made */
export async function podJob(
  settings: LaunchSettings,
  plan: JobPlan,
  of: { readonly installation: string; readonly key: string; readonly name: string },
): Promise<EngineJob> {
  const pod = await podPlan(settings, plan);
  return {
    ...common(settings, plan, of),
    name: of.name,
    environment: launcherVariables(settings, plan, ''),
    pod,
    places: { own: '', volume: '', program: '', secrets: '' },
  };
}

function common(
  { image, resources, pull }: LaunchSettings,
  { command }: JobPlan,
  of: { readonly installation: string; readonly key: string },
) {
  return {
    labels: { [labels.installation]: of.installation, [labels.job]: of.key },
    image,
    command,
    resources,
    pull,
  };
}

/** What the wrapper needs to know because a launcher shows the job. */
function launcherVariables(settings: LaunchSettings, plan: JobPlan, root: string) {
  return {
    PROGRESS_FILE:
      settings.engine === 'native' ? progressFile(settings, plan, root) : `${volumePath}/progress`,
    ...traceOf(settings, plan),
    ...wrapperVariables(settings),
    // The launcher forwards everything: the volume must have it.
    EMISSARY_LOG_LIMIT_BYTES: settings.nativeEnvironment['EMISSARY_LOG_LIMIT_BYTES'] ?? '0',
  };
}

/** The launcher's place in a trace is the job's, too, unless its variables name another. */
function traceOf({ nativeEnvironment }: LaunchSettings, { variables }: JobPlan): Record<string, string> {
  const { TRACEPARENT = '' } = nativeEnvironment;
  return TRACEPARENT === '' || variables.has('TRACEPARENT') ? {} : { TRACEPARENT };
}

/** Where the launcher reads the job's progress. */
export function progressFile(settings: LaunchSettings, plan: JobPlan, root: string): string {
  const own = plan.variables.get('PROGRESS_FILE') ?? settings.nativeEnvironment['PROGRESS_FILE'];
  return settings.engine === 'native' && own !== undefined && own !== '' ? own : `${root}/progress`;
}
