import { Fault } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { applicationJob } from '../pod/application-job.ts';
import { containerNames } from '../pod/containers.ts';
import type { KubernetesObject } from '../pod/kubernetes-object.ts';
import { applicationContents, type PodContents, templateKey, variablesFile } from '../pod/pod-contents.ts';
import type { PodJob } from '../pod/pod-job.ts';
import { afterwardsSeconds, withJobId } from '../pod/pod-objects.ts';
import { noStores, type PodStores } from '../pod/pod-stores.ts';
import { addToPod } from '../pod/pod-template.ts';
import { validLabel, validName } from '../pod/valid-name.ts';
import { withStores } from '../pod/with-stores.ts';
import { type Application, parseApplication } from '../settings/application/application.ts';
import { defaultMask } from '../settings/secret-names.ts';
import { checkSpec } from './check-spec.ts';
import { apiVersion, type JobResource, type JobSpec, jobLabel } from './job-resource.ts';
import { jobUser } from './job-user.ts';
import { templateParts } from './template-parts.ts';

/** Where the volume is in the pod. */
const root = '/var/run/argo';
/** Where Kubernetes takes a container's last words from. */
const terminationLog = '/dev/termination-log';

/** The name of an attempt's pod: whoever makes it a second time finds the first one. */
export function podNameOf({ metadata }: JobResource, attempt: number): string {
  return validName(`${metadata.name}-${attempt}`);
}

/**
 * What a resource's job is as a pod.
 *
 * @param definition the application's, as JSON; null: the job is a command
 * @throws Fault `usage`, `template` for what cannot be a job
 */
export async function podJobOf(
  resource: JobResource,
  of: { readonly attempt: number; readonly definition: string | null; readonly emissaryImage: string },
): Promise<PodJob> {
  const { metadata, spec } = resource;
  const { multiflexi = {}, timeoutSeconds: timeout = 0, graceSeconds: grace = limits.graceSeconds } = spec;
  const language = spec.variables?.find(({ name }) => name === 'LANG')?.value ?? 'en';
  const application = of.definition === null ? null : parseApplication(of.definition, language);
  const image = spec.image ?? application?.image ?? null;
  if (image === null) throw new Fault('usage', 'The application has no ociimage: spec.image is missing');
  checkSpec(spec);
  const contents = await withStores(contentsOf(spec, application), {
    origin: 'spec',
    report: new Map(),
    storeVariables: {},
  });
  const { adds, replaces } = templateParts(spec);
  const start = spec.startTimeoutSeconds ?? limits.operatorStartSeconds;
  const name = podNameOf(resource, of.attempt);
  return {
    ...contents,
    name,
    // A pod starts with any Secret of the name: that of an earlier job of this name may not have gone yet.
    secretsName: `${name}-${metadata.uid.slice(0, limits.operatorUidCharacters)}`,
    labels: { [jobLabel]: validLabel(metadata.name) },
    application: application?.name ?? null,
    jobId: multiflexi.jobId ?? null,
    image,
    pull: 'missing',
    emissaryImage: of.emissaryImage,
    program: 'copy',
    root,
    wrapper: {},
    ...jobUser(spec),
    cpus: null,
    memory: null,
    timeout,
    grace,
    deadline: timeout > 0 ? start + timeout + grace + afterwardsSeconds : null,
    reporter: { verb: 'wait', kind: multiflexi.reporter === 'Native' ? 'native' : 'plain', hold: null },
    claim: null,
    serviceAccount: null,
    more: addToPod(moreOf(resource, of.attempt, contents.stores), adds),
    instead: replaces,
    // The pod waits until its UID is in the status.
    gated: true,
  };
}

function contentsOf(spec: JobSpec, application: Application | null): PodContents {
  const template = templateOf(spec);
  if (application === null) return commandContents(spec, template);
  const variables = withJobId(plainVariables(spec), spec.multiflexi?.jobId ?? null);
  const given = { variables, secretNames: secretNames(spec) };
  const job = applicationJob('operator', { ...given, application, files: 'elsewhere', more: template });
  return applicationContents({ ...job, ...given, variables: job.variables });
}

/** The template of the resource itself; null: there is none. */
function templateOf({ inputs, outputs, artifactRepository }: JobSpec): KubernetesObject | null {
  const given = {
    ...(inputs !== undefined && { inputs }),
    ...(outputs !== undefined && { outputs }),
    ...(artifactRepository !== undefined && { artifactRepository }),
  };
  return Object.keys(given).length === 0 ? null : given;
}

/** Of a command, only the command itself is shown. */
function commandContents(spec: JobSpec, template: KubernetesObject | null): PodContents {
  const { command = [], args = [] } = spec;
  return {
    command: [...command, ...args],
    variables: new Map(),
    mask: [defaultMask, ...secretNames(spec)].join(','),
    template: null,
    secrets: {
      init: template === null ? {} : { [templateKey]: JSON.stringify(template) },
      stores: {},
      job: variablesFile(plainVariables(spec)),
      report: {},
    },
    stores: noStores,
  };
}

function plainVariables({ variables = [] }: JobSpec): ReadonlyMap<string, string> {
  return new Map(
    variables.flatMap(({ name, value, valueFrom }) => (valueFrom ? [] : [[name, value ?? ''] as const])),
  );
}

/** What comes from a Secret is a secret, whatever its name. */
function secretNames({ variables = [] }: JobSpec): readonly string[] {
  return variables.flatMap(({ name, valueFrom }) => (valueFrom ? [name] : []));
}

/** What the pod has besides: who owns it, variables of Secrets, and where the reporter reports. */
function moreOf({ metadata, spec }: JobResource, attempt: number, stores: PodStores): KubernetesObject {
  const { multiflexi = {}, variables = [], variablesFrom = [] } = spec;
  const owner = { apiVersion, kind: 'EmissaryJob', name: metadata.name, uid: metadata.uid, controller: true };
  const main = {
    name: containerNames.main,
    env: variables.flatMap(({ name, valueFrom }) => (valueFrom ? [{ name, valueFrom }] : [])),
    envFrom: variablesFrom,
  };
  const { secretRef, report } = multiflexi;
  const credentials = secretRef === undefined ? [] : [{ secretRef }];
  const reporter = {
    name: containerNames.reporter,
    env: [
      { name: 'EMISSARY_TERMINATION_LOG', value: terminationLog },
      ...(attempt > 1 ? [{ name: 'EMISSARY_ATTEMPT', value: String(attempt) }] : []),
      ...(report === 'Output' ? [{ name: 'MULTIFLEXI_REPORT', value: 'output' }] : []),
      // Its stores are no report.
      ...(report === 'None' && stores.puts ? [{ name: 'MULTIFLEXI_REPORT', value: 'none' }] : []),
    ],
    envFrom: report === 'None' && !stores.puts ? [] : credentials,
  };
  const install = { name: containerNames.install, envFrom: credentials };
  const isNative = multiflexi.reporter === 'Native';
  const first = [...(stores.fetches ? [install] : []), ...(isNative ? [reporter] : [])];
  return {
    metadata: { ownerReferences: [{ ...owner, blockOwnerDeletion: true }] },
    spec: {
      containers: isNative ? [main] : [main, reporter],
      ...(first.length > 0 && { initContainers: first }),
    },
  };
}
