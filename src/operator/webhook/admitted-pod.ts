import { group } from '../job-resource.ts';

/** What a pod of the API has, as far as the webhook looks at it; the rest stays as it is. */
export interface AdmittedPod {
  readonly metadata?: {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly restartPolicy?: string;
    readonly terminationGracePeriodSeconds?: number;
    readonly securityContext?: { readonly runAsUser?: number };
    readonly nodeSelector?: Readonly<Record<string, string>>;
    readonly os?: { readonly name: string };
    readonly imagePullSecrets?: readonly { readonly name: string }[];
    readonly volumes?: readonly Named[];
    readonly initContainers?: readonly PodContainer[];
    readonly containers: readonly PodContainer[];
  };
}

interface Named {
  readonly name: string;
}

/** One variable of a container. */
export interface ContainerVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: object;
}

/** A container of a pod. */
export interface PodContainer {
  readonly name: string;
  readonly image?: string;
  readonly imagePullPolicy?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly ContainerVariable[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly terminationMessagePath?: string;
}

/** The label, of a pod or of a namespace, that asks for the wrapper; `false` at a pod refuses it. */
export const injectLabel = `${group}/inject`;

/** Annotations of pods: what the user asks for, and what the webhook says. */
export const annotations = {
  /** Which container is the job's; afterwards, which one is wrapped. */
  container: `${group}/container`,
  jobId: `${group}/job-id`,
  /** The Secret with the reporter's variables. */
  secret: `${group}/secret`,
  /** `full`, `output` or `none`. */
  report: `${group}/report`,
  /** The template, as JSON. */
  template: `${group}/template`,
  /** Which files are artifacts: a regular expression. */
  artifacts: `${group}/artifacts`,
  /** `true` or `false`. */
  injected: `${group}/injected`,
  /** Why it was not. */
  reason: `${group}/reason`,
} as const;

/** The names of the containers that are added. */
export const addedContainers = { install: 'emissary-install', reporter: 'emissary-reporter' } as const;
/** Where the shared volume is mounted. */
export const root = '/var/run/argo';

/** An annotation's value; null: it is not there, or empty. */
export function annotationOf({ metadata }: AdmittedPod, name: keyof typeof annotations): string | null {
  return metadata?.annotations?.[annotations[name]] || null;
}

/** The container's variable of that name: the last one counts. */
export function variableOf({ env = [] }: PodContainer, name: string): ContainerVariable | null {
  return env.findLast((each) => each.name === name) ?? null;
}
