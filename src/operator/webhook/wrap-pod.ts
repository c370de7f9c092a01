import type { KubernetesObject } from '../../pod/kubernetes-object.ts';
import { podGrace } from '../../pod/pod-grace.ts';
import type { PodJob } from '../../pod/pod-job.ts';
import { podOf } from '../../pod/pod-of.ts';
import type { PodStores } from '../../pod/pod-stores.ts';
import type { ImageStart } from '../../registry/image-start.ts';
import {
  type AdmittedPod,
  addedContainers,
  annotations,
  type ContainerVariable,
  type PodContainer,
  root,
} from './admitted-pod.ts';

/** How a pod is wrapped. */
export interface Wrapping {
  /** The job's container. */
  readonly container: PodContainer;
  /** What its image runs by itself; null: the container has its own command. */
  readonly start: ImageStart | null;
  /** More variables of the reporter. */
  readonly reporterVariables: readonly ContainerVariable[];
  /** The Secret with the reporter's variables, if it is there; null: none. */
  readonly secret: string | null;
  /** The variable of `init` with the template, */
  readonly template: ContainerVariable;
  /** and what its stores need. */
  readonly stores: PodStores;
  /** Of each container that is added. */
  readonly resources: KubernetesObject;
  readonly emissaryImage: string;
}

/** The user of the emissary's image. */
const ownUser = 65_532;
/** Kubernetes' own. */
const usualGraceSeconds = 30;
/** Where Kubernetes shows a container's last words from by default. */
const usualTerminationLog = '/dev/termination-log';

/** Adds the wrapper to a pod: the same init container and reporter as those of our own pods. The rest stays as it is. */
export function wrapPod(pod: AdmittedPod, wrapping: Wrapping): AdmittedPod {
  const { metadata = {}, spec } = pod;
  const grace = spec.terminationGracePeriodSeconds ?? usualGraceSeconds;
  const ours = podOf(podJob(wrapping, grace))['spec'] as AdmittedPod['spec'];
  const [install, reporter] = ours.initContainers ?? [];
  const [main] = ours.containers;
  const { container } = wrapping;
  return {
    ...pod,
    metadata: {
      ...metadata,
      annotations: {
        'kubectl.kubernetes.io/default-container': container.name,
        ...withoutReason(metadata.annotations),
        [annotations.container]: container.name,
        [annotations.injected]: 'true',
      },
    },
    spec: {
      ...spec,
      terminationGracePeriodSeconds: podGrace(grace),
      volumes: [...(spec.volumes ?? []), ...(ours.volumes ?? [])],
      initContainers: [
        ...(install === undefined ? [] : [installer(install, pod, wrapping)]),
        ...(spec.initContainers ?? []),
        ...(reporter === undefined ? [] : [reporterOf(reporter, pod, wrapping)]),
      ],
      containers: spec.containers.map((each) =>
        each === container && main !== undefined ? wrapped(container, main, wrapping) : each,
      ),
    },
  };
}

/** A pod that could not be wrapped says why. */
export function markPod(pod: AdmittedPod, reason: string): AdmittedPod {
  const { annotations: given } = pod.metadata ?? {};
  const said = { [annotations.injected]: 'false', [annotations.reason]: reason };
  return { ...pod, metadata: { ...pod.metadata, annotations: { ...given, ...said } } };
}

function withoutReason(given: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const { [annotations.reason]: _, ...rest } = given;
  return rest;
}

/** The job as the builder of our own pods knows it. */
function podJob({ container, start, emissaryImage, stores }: Wrapping, grace: number): PodJob {
  const { command, args } = container;
  // As Kubernetes does it: arguments replace the image's own.
  const own = command === undefined ? (start?.entrypoint ?? []) : [];
  const usual = command === undefined && args === undefined ? (start?.command ?? []) : [];
  return {
    name: '',
    labels: {},
    application: null,
    jobId: null,
    image: container.image ?? '',
    pull: 'missing',
    emissaryImage,
    program: 'copy',
    root,
    wrapper: {},
    user: null,
    group: null,
    allowRoot: false,
    cpus: null,
    memory: null,
    timeout: 0,
    grace,
    deadline: null,
    reporter: { verb: 'wait', kind: 'native', hold: null },
    claim: null,
    serviceAccount: null,
    more: {},
    gated: false,
    command: [...own, ...usual],
    variables: new Map(),
    mask: null,
    template: null,
    secrets: { init: {}, stores: {}, job: {}, report: {} },
    stores,
  };
}

/** Variables of the pod's own with the same name would be hidden, about which the API server complains. */
function wrapped(container: PodContainer, main: PodContainer, _: Wrapping): PodContainer {
  const { terminationMessagePath: log = usualTerminationLog, env = [], volumeMounts = [] } = container;
  const more = [
    ...(main.env ?? []),
    ...(log === usualTerminationLog ? [] : [{ name: 'EMISSARY_TERMINATION_LOG', value: log }]),
  ];
  return {
    ...container,
    command: [...(main.command ?? []), ...(container.command ?? [])],
    env: [...env.filter(({ name }) => !more.some((each) => each.name === name)), ...more],
    volumeMounts: [...volumeMounts, ...(main.volumeMounts ?? [])],
  };
}

function installer(install: PodContainer, pod: AdmittedPod, wrapping: Wrapping): PodContainer {
  const { template, stores, secret } = wrapping;
  const more = {
    name: addedContainers.install,
    env: [...(install.env ?? []), template],
    ...(stores.fetches && variablesOf(secret)),
  };
  return added({ ...install, ...more }, pod, wrapping);
}

function reporterOf(reporter: PodContainer, pod: AdmittedPod, wrapping: Wrapping): PodContainer {
  const { reporterVariables, secret, template, stores } = wrapping;
  const more = {
    name: addedContainers.reporter,
    env: [...(reporter.env ?? []), ...(stores.puts ? [template] : []), ...reporterVariables],
    ...variablesOf(secret),
  };
  return added({ ...reporter, ...more }, pod, wrapping);
}

function variablesOf(secret: string | null): KubernetesObject {
  return secret === null ? {} : { envFrom: [{ secretRef: { name: secret, optional: true } }] };
}

/** What a pod of ours has for all of its containers. Where the pod's user is root, the injected containers are not. */
function added(
  container: PodContainer & { readonly securityContext?: object },
  { spec }: AdmittedPod,
  { resources }: Wrapping,
): PodContainer {
  const securityContext = {
    ...container.securityContext,
    runAsNonRoot: true,
    ...(spec.securityContext?.runAsUser === 0 && { runAsUser: ownUser }),
    seccompProfile: { type: 'RuntimeDefault' },
  };
  return { ...container, ...{ securityContext, resources } };
}
