import { Fault, reasonOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { applicationContents, type PodContents, templateKey, variablesFile } from '../../pod/pod-contents.ts';
import type { PodJob } from '../../pod/pod-job.ts';
import { afterwardsSeconds } from '../../pod/pod-objects.ts';
import { noStores } from '../../pod/pod-stores.ts';
import { withStores } from '../../pod/with-stores.ts';
import { readTemplateFile } from '../../settings/cli/read-template-file.ts';
import { secondsToMs } from '../../settings/cli/values.ts';
import type { LaunchSettings } from '../../settings/verbs/launch-settings.ts';
import type { JobPlan } from './job-plan.ts';

/** What of a pod its job and its launch decide, and no engine. */
export type PodPlan = PodContents &
  Pick<PodJob, 'application' | 'jobId' | 'timeout' | 'grace' | 'deadline' | 'reporter'>;

/** @throws Fault `template` for one that cannot be read, or is invalid; `usage` */
export async function podPlan(settings: LaunchSettings, plan: JobPlan): Promise<PodPlan> {
  const { jobId, sidecar, startTimeoutMs, storeVariables } = settings;
  const hold = settings.holdSeconds ?? limits.holdSeconds;
  const kind = settings.kubernetes.reporterKind;
  const origin = settings.template ?? 'EMISSARY_TEMPLATE';
  const contents = await withStores(contentsOf(settings, plan), { origin, report: sidecar, storeVariables });
  const timeout = secondsOf(settings.timeoutSeconds ?? '0');
  const grace = secondsOf(settings.graceSeconds ?? String(limits.graceSeconds));
  const most = startTimeoutMs / 1000 + timeout + grace + afterwardsSeconds + hold;
  return {
    ...contents,
    application: settings.application?.name ?? null,
    jobId,
    timeout,
    grace,
    // With a reporter elsewhere, that one knows better.
    deadline: sidecar !== null && timeout > 0 ? most : null,
    reporter:
      sidecar === null ? { verb: 'hold', kind, hold: settings.holdSeconds } : { verb: 'wait', kind, hold },
  };
}

/** Of a command, only the command itself is shown. */
function contentsOf(settings: LaunchSettings, plan: JobPlan): PodContents {
  const { secretNames } = settings;
  if (plan.application !== null) return applicationContents({ ...plan.application, secretNames });
  const template = templateOf(plan, settings);
  return {
    command: plan.command,
    variables: new Map(),
    mask: plan.mask,
    template: null,
    secrets: {
      init: template === null ? {} : { [templateKey]: template },
      stores: {},
      job: variablesFile(plan.variables),
      report: {},
    },
    stores: noStores,
  };
}

function templateOf(
  { template }: JobPlan,
  { template: file, nativeEnvironment }: LaunchSettings,
): string | null {
  if (template !== null) return JSON.stringify(template);
  if (file === null)
    return nativeEnvironment['EMISSARY_TEMPLATE'] ?? nativeEnvironment['ARGO_TEMPLATE'] ?? null;
  try {
    return readTemplateFile(file);
  } catch (cause) {
    throw new Fault('template', `Cannot read template of --template: ${reasonOf(cause)}`, { cause });
  }
}

function secondsOf(text: string): number {
  return secondsToMs(text, '') / 1000;
}
