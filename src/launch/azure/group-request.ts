import { limits } from '../../base/limits.ts';
import { argumentsKey, secretsPath, templateKey, variablesKey } from '../../pod/pod-contents.ts';
import { afterwardsSeconds } from '../../pod/pod-objects.ts';
import type { AzurePlace } from '../../settings/verbs/azure-place.ts';
import { type EngineJob, volumePath } from '../engine.ts';
import type { PodPlan } from '../job/pod-plan.ts';
import type { Amounts } from './api/container-groups.ts';
import { containers } from './group.ts';
import { amountsOf, groupAmounts, reporterAmounts } from './group-size.ts';
import { type Files, secretMount, secretVolume } from './secret-volumes.ts';

/** What the group of a job is made of, besides the job. */
export interface GroupSettings extends AzurePlace {
  /** The image of this program. */
  readonly emissaryImage: string;
  /** Within which the job's container starts after the reporter, which has its image already. */
  readonly startSeconds: number;
  /** Logins for the registries of the images. */
  readonly logins: readonly GroupLogin[];
}

/** A login for a registry: the API never shows its password. */
export interface GroupLogin {
  readonly server: string;
  readonly username: string;
  readonly password: string;
}

/** The program in the reporter's image. That on the volume can be the job's. */
export const reporterProgram = '/emissary';

const volume = 'emissary';

/**
 * The container group of a launched job, as it is sent. All variables of the job, and everything that is secret, are in secret
 * volumes: the API shows neither their content nor that of secure values.
 */
export function groupRequest(job: EngineJob, settings: GroupSettings): object {
  const pod = podOf(job);
  const files = { init: initFiles(pod), stores: pod.secrets.stores, job: jobFiles(pod) };
  const identity = settings.registryIdentity;
  return {
    location: settings.location,
    tags: tagsOf(job, pod),
    ...(identity !== null && {
      identity: { type: 'UserAssigned', userAssignedIdentities: { [identity]: {} } },
    }),
    properties: {
      osType: 'Linux',
      // A job never runs twice.
      restartPolicy: 'Never',
      initContainers: [installer(settings, files)],
      containers: [mainContainer(job, settings, files.job), reporter(job, settings)],
      volumes: [
        { name: volume, emptyDir: {} },
        ...secretVolume('init', files.init),
        ...secretVolume('stores', files.stores),
        ...secretVolume('job', files.job),
      ],
      ...credentials(job, settings),
      ...(settings.subnet !== null && { subnetIds: [{ id: settings.subnet }] }),
    },
  };
}

function podOf({ pod }: EngineJob): PodPlan {
  if (pod === null) throw new TypeError('the job has no pod');
  return pod;
}

function tagsOf({ labels }: EngineJob, { application, jobId }: PodPlan): Files {
  return {
    ...labels,
    'managed-by': 'multiflexi',
    ...(application !== null && { application: application.slice(0, limits.azureTagCharacters) }),
    ...(jobId !== null && { 'multiflexi-job': String(jobId) }),
  };
}

/** Installs the program and the template, and fetches its inputs: the credentials of stores are for nobody else. */
function installer(
  { emissaryImage }: GroupSettings,
  { init, stores }: { readonly init: Files; readonly stores: Files },
) {
  const template = Object.hasOwn(init, templateKey)
    ? ['--template', `${secretsPath}/init/${templateKey}`]
    : [];
  return {
    name: containers.install,
    properties: {
      image: emissaryImage,
      command: [reporterProgram, 'init', ...template],
      environmentVariables: variablesOf({
        EMISSARY_ROOT: volumePath,
        ...(Object.hasOwn(stores, variablesKey) && {
          EMISSARY_ENV_FILE: `${secretsPath}/stores/${variablesKey}`,
        }),
      }),
      volumeMounts: [shared, ...secretMount('init', init), ...secretMount('stores', stores)],
    },
  };
}

/** The job's image, with the emissary in front of the job's command. */
function mainContainer(job: EngineJob, settings: GroupSettings, files: Files) {
  const pod = podOf(job);
  const timeout = pod.timeout > 0 ? pod.timeout : settings.maxLife;
  const program = `${volumePath}/emissary`;
  const has = (key: string) => Object.hasOwn(files, key);
  const command = pod.command.length > 0 ? pod.command : job.command;
  return {
    name: containers.main,
    properties: {
      image: job.image,
      command: [program, 'run', '--', ...command],
      environmentVariables: variablesOf({
        EMISSARY_ROOT: volumePath,
        // The service keeps only the end of a log, and the mirror has everything.
        EMISSARY_CAPTURE_ONLY: 'true',
        EMISSARY_GRACE_SECONDS: String(pod.grace),
        ...(timeout > 0 && { EMISSARY_TIMEOUT_SECONDS: String(timeout) }),
        ...(pod.mask !== null && { EMISSARY_MASK_ENV: pod.mask }),
        ...(has(variablesKey) && { EMISSARY_ENV_FILE: `${secretsPath}/job/${variablesKey}` }),
        ...(has(argumentsKey) && { EMISSARY_ARGS_FILE: `${secretsPath}/job/${argumentsKey}` }),
        ...job.environment,
      }),
      resources: { requests: requestOf(amountsOf(job, settings)) },
      volumeMounts: [shared, ...secretMount('job', files)],
      ...guard(program, timeout + pod.grace, timeout),
    },
  };
}

/** Holds the volume until a launcher has taken everything. What is started there without arguments is `send`. */
function reporter(job: EngineJob, settings: GroupSettings) {
  const pod = podOf(job);
  const timeout = pod.timeout > 0 ? pod.timeout : settings.maxLife;
  const hold = pod.reporter.hold ?? limits.holdSeconds;
  return {
    name: containers.reporter,
    properties: {
      image: settings.emissaryImage,
      command: [reporterProgram, 'hold'],
      environmentVariables: variablesOf({
        EMISSARY_ROOT: volumePath,
        EMISSARY_VERB: 'send',
        EMISSARY_GRACE_SECONDS: String(pod.grace),
        EMISSARY_HOLD_SECONDS: String(hold),
      }),
      resources: reporterResources(amountsOf(job, settings)),
      volumeMounts: [shared],
      ...guard(reporterProgram, settings.startSeconds + timeout + pod.grace + hold, timeout),
    },
  };
}

/**
 * The service itself ends a container whose program does not end in time: a probe that always fails, and is made only then.
 *
 * @param timeout 0: there is no limit
 */
function guard(program: string, afterSeconds: number, timeout: number) {
  if (timeout === 0) return {};
  const initialDelaySeconds = Math.ceil(afterSeconds + afterwardsSeconds);
  const command = [program, 'overdue'];
  const times = { initialDelaySeconds, periodSeconds: 60, failureThreshold: 1 };
  // The usual second is short for a program that has a tenth of a processor, and a probe in doubt may count as none.
  return { livenessProbe: { exec: { command }, ...times, timeoutSeconds: 30 } };
}

/** Everything that `init` gets. */
function initFiles({ template, secrets }: PodPlan): Files {
  return template === null ? secrets.init : { ...secrets.init, [templateKey]: template };
}

/** With the variables that are no secrets: the API would refuse some of their values. */
function jobFiles({ variables, secrets }: PodPlan): Files {
  const hidden = JSON.parse(secrets.job[variablesKey] ?? '{}') as Record<string, string>;
  const all = { ...Object.fromEntries(variables), ...hidden };
  return { ...secrets.job, ...(Object.keys(all).length > 0 && { [variablesKey]: JSON.stringify(all) }) };
}

const shared = { name: volume, mountPath: volumePath, readOnly: false };

function variablesOf(variables: Files) {
  return Object.entries(variables).map(([name, value]) => ({ name, value }));
}

/** A container gets no more than it asks for, unless it has a limit of its own: the reporter has what the job leaves. */
function reporterResources(own: Amounts) {
  const requests = requestOf(reporterAmounts(own));
  return { requests, limits: { ...requests, cpu: groupAmounts(own).cpus } };
}

function requestOf({ cpus, memoryGb }: Amounts) {
  return { cpu: cpus, memoryInGB: memoryGb };
}

function credentials({ image }: EngineJob, { emissaryImage, logins, registryIdentity }: GroupSettings) {
  const hosts = [image ?? '', emissaryImage].map((each) => each.split('/')[0] ?? '');
  const own = [...new Set(hosts)].filter(
    (host) => registryIdentity !== null && /\.azurecr\.[a-z]+$/.test(host) && !isKnown(logins, host),
  );
  const all = [...logins, ...own.map((server) => ({ server, identity: registryIdentity }))];
  return all.length === 0 ? {} : { imageRegistryCredentials: all };
}

function isKnown(logins: readonly GroupLogin[], host: string): boolean {
  return logins.some(({ server }) => server === host);
}
