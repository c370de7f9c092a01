/** The API group of the resource; also the prefix of labels and finalizers. */
export const group = 'emissary.multiflexi.eu';
/** The version of the resource that is read and written. */
export const apiVersion = `${group}/v1alpha1`;
/** The resource stays until its job is stopped and reported. */
export const finalizer = `${group}/stop`;
/** The label of a job's pods: the name of its resource. */
export const jobLabel = `${group}/job`;

/** Where a job is; the last four are ends, and are never left. */
export type Phase = 'Queued' | 'Initializing' | 'Executing' | Ending;
/** How a job can end. */
export type Ending = 'Succeeded' | 'Failed' | 'Aborted' | 'TimedOut';

/** A resource's `metadata`, as far as it is used. */
export interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
}

/** One variable of a job. */
export interface ResourceVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}

/** What a job is to be: `images/operator/crd.yaml` has checked its shape. */
export interface JobSpec {
  readonly application?: {
    readonly definition?: object;
    readonly configMapKeyRef?: { readonly name: string; readonly key: string };
  };
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly variables?: readonly ResourceVariable[];
  readonly variablesFrom?: readonly object[];
  readonly multiflexi?: {
    readonly jobId?: number;
    readonly secretRef?: { readonly name: string };
    readonly report?: 'Full' | 'Output' | 'None';
    readonly reporter?: 'Plain' | 'Native';
  };
  readonly user?: string;
  readonly allowRoot?: boolean;
  readonly timeoutSeconds?: number;
  readonly graceSeconds?: number;
  readonly retries?: number;
  readonly systemRetries?: number;
  readonly startTimeoutSeconds?: number;
  readonly ttlSecondsAfterFinished?: number;
  readonly keepPod?: 'Never' | 'OnFailure' | 'Always';
  readonly suspend?: boolean;
  readonly podTemplate?: Readonly<Record<string, unknown>>;
  readonly inputs?: object;
  readonly outputs?: object;
  readonly artifactRepository?: object;
}

/** One condition of a resource. */
export interface Condition {
  readonly type: 'Progressing' | 'Succeeded' | 'Failed' | 'Reported';
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration: number;
}

/** One step of a job: times are RFC 3339, UTC. */
export interface HistoryEntry {
  readonly phase: Phase;
  readonly reason: string;
  readonly attempt: number;
  readonly time: string;
}

/** What the operator knows of a job. Absent is null. */
export interface JobStatus {
  readonly phase: Phase | null;
  readonly reason: string | null;
  readonly message: string | null;
  readonly conditions: readonly Condition[];
  readonly observedGeneration: number;
  /** Pods that were made for it, the one that is being made included. */
  readonly attempts: number;
  /** How many of them the cluster has failed, not the job. */
  readonly systemFailures: number;
  readonly podName: string | null;
  /** Written before the pod may start: a pod of another UID has never run the job. */
  readonly podUid: string | null;
  /** When the present attempt was decided on. */
  readonly attemptTime: string | null;
  readonly exitCode: number | null;
  readonly verdict: string | null;
  /** How many of the job's containers have ended, of all: `0/1`. */
  readonly progress: string | null;
  readonly startTime: string | null;
  readonly completionTime: string | null;
  /** Why the pod is being stopped: decided before it is deleted. */
  readonly stopping: { readonly reason: string; readonly message: string } | null;
  readonly phaseHistory: readonly HistoryEntry[];
  /** The version of the last step that a sink of CloudEvents has got; older than what has been sent since. */
  readonly told: number | null;
}

/** A job as a resource. */
export interface JobResource {
  readonly metadata: Metadata;
  readonly spec: JobSpec;
  readonly status?: Partial<JobStatus>;
}

const endings: readonly string[] = ['Succeeded', 'Failed', 'Aborted', 'TimedOut'] satisfies Ending[];

/** Whether a job has ended: it stays as it has. */
export function hasEnded({ phase }: Pick<JobStatus, 'phase'>): boolean {
  return phase !== null && endings.includes(phase);
}

const unknown: JobStatus = {
  phase: null,
  reason: null,
  message: null,
  conditions: [],
  observedGeneration: 0,
  attempts: 0,
  systemFailures: 0,
  podName: null,
  podUid: null,
  attemptTime: null,
  exitCode: null,
  verdict: null,
  progress: null,
  startTime: null,
  completionTime: null,
  stopping: null,
  phaseHistory: [],
  told: null,
};

/** The status with nulls for what is absent. */
export function statusOfResource({ status = {} }: JobResource): JobStatus {
  return { ...unknown, ...status };
}
