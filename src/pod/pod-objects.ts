import { limits } from '../base/limits.ts';
import type { ManifestSettings } from '../settings/verbs/manifest-settings.ts';
import { readTemplateObject } from '../settings/verbs/read-template-object.ts';
import { storeVariables } from '../settings/verbs/store-variables.ts';
import { applicationJob } from './application-job.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { applicationContents } from './pod-contents.ts';
import type { PodJob } from './pod-job.ts';
import { metadataOf, podOf, secretsOf } from './pod-of.ts';
import { readPodTemplate } from './pod-template.ts';
import { validName } from './valid-name.ts';
import { withStores } from './with-stores.ts';

/** Seconds after a job's grace, for its wrapper to save and seal, and for the reporter to report. */
export const afterwardsSeconds = (limits.saveMs + limits.gatherMs) / 1000 + limits.reportSeconds;

/**
 * Builds the Kubernetes objects that `manifest` prints: the Secrets, then the pod or a Job with it.
 *
 * Times: the job has `timeout`, then `grace` to stop. The pod's deadline adds time for the start and the report; its
 * termination grace covers the job's grace and the report.
 *
 * @throws Fault `usage`, `template`
 */
export async function podObjects(settings: ManifestSettings): Promise<readonly KubernetesObject[]> {
  const job = await podJobOf(settings);
  return [...secretsOf(job), settings.kind === 'pod' ? podOf(job) : jobOf(job)];
}

async function podJobOf(settings: ManifestSettings): Promise<PodJob> {
  const { application, jobId, timeout, grace, secretNames, template, reportVariables } = settings;
  const { emissaryImage, program, serviceAccount, podTemplate, reporterKind } = settings.kubernetes;
  const variables = withJobId(settings.variables, jobId);
  const more = template === null ? null : readTemplateObject(template);
  const given = { application, variables, secretNames, files: 'included' as const, more };
  const contents = await withStores(
    applicationContents({ ...applicationJob('manifest', given), secretNames }),
    {
      origin: template ?? application.name,
      report: reportVariables,
      storeVariables: storeVariables(Object.fromEntries(reportVariables)),
    },
  );
  return {
    ...settings,
    ...contents,
    name: validName(settings.podName),
    labels: {},
    application: application.name,
    emissaryImage,
    program,
    wrapper: {},
    group: null,
    deadline: timeout > 0 ? limits.podStartSeconds + timeout + grace + afterwardsSeconds : null,
    reporter: { verb: 'wait', kind: reporterKind, hold: null },
    serviceAccount,
    more: podTemplate === null ? {} : readPodTemplate(podTemplate, '--pod-template'),
    gated: false,
  };
}

/** The job of an application knows its own ID. */
export function withJobId(
  variables: ReadonlyMap<string, string>,
  jobId: number | null,
): ReadonlyMap<string, string> {
  return jobId === null ? variables : new Map([...variables, ['MULTIFLEXI_JOB_ID', String(jobId)]]);
}

/** Kubernetes does not retry: MultiFlexi retries with a new job. */
function jobOf(job: PodJob): KubernetesObject {
  const { metadata, spec } = podOf(job) as { readonly metadata: KubernetesObject; readonly spec: object };
  const { name: _, ...ofPod } = metadata;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: job.name, ...metadataOf(job) },
    spec: { backoffLimit: 0, template: { metadata: ofPod, spec } },
  };
}
