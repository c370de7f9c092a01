import type { Claim } from '../settings/verbs/manifest-settings.ts';
import type { Pull } from '../settings/verbs/pull.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import type { PodContents } from './pod-contents.ts';

/** A job as a pod. `manifest` and `launch` fill it in, and the same pod is made of it. */
export interface PodJob extends PodContents {
  readonly name: string;
  /** What the names of its Secrets begin with; default: its own. */
  readonly secretsName?: string;
  /** Labels besides those that every pod of a job has. */
  readonly labels: Readonly<Record<string, string>>;
  /** The application's name; null: it is a command. */
  readonly application: string | null;
  readonly jobId: number | null;
  readonly image: string;
  /** When the images are pulled. */
  readonly pull: Pull;
  readonly emissaryImage: string;
  /** An init container copies the program, or each container mounts it from its image: then nothing prepares the volume. */
  readonly program: 'copy' | 'image';
  /** Where the shared volume is mounted. */
  readonly root: string;
  /** More variables of the wrapper. */
  readonly wrapper: Readonly<Record<string, string>>;
  /** The user ID that the job runs as; null = the image's user. */
  readonly user: number | null;
  readonly group: number | null;
  /** The job may be root. */
  readonly allowRoot: boolean;
  /** Limits; null: none. Memory in bytes. */
  readonly cpus: number | null;
  readonly memory: number | null;
  /** Seconds; 0 = none. */
  readonly timeout: number;
  /** Seconds. */
  readonly grace: number;
  /** Seconds that the pod may take from its start; null: as long as it takes. */
  readonly deadline: number | null;
  readonly reporter: PodReporter;
  readonly claim: Claim | null;
  /** Null: the namespace's default, whose token the pod does not get. */
  readonly serviceAccount: string | null;
  /** `metadata` and `spec` of `--pod-template`. */
  readonly more: KubernetesObject;
  /** The same, but it takes precedence over what the pod has itself; default: nothing does. */
  readonly instead?: KubernetesObject;
  /** The pod waits for a Secret even if nothing is secret: it is started by that. */
  readonly gated: boolean;
}

/** What runs beside the job. */
export interface PodReporter {
  /** `wait` reports; `hold` only keeps the volume for a launcher. */
  readonly verb: 'wait' | 'hold';
  /** Native: an init container that stays, which Kubernetes stops after the job. */
  readonly kind: 'plain' | 'native';
  /** Seconds for which the volume is kept for a launcher, after the report too; null: the verb's default. */
  readonly hold: number | null;
}
