import { limits } from '../../base/limits.ts';
import { readRegular } from '../../base/read-regular.ts';
import type { AzurePlace } from '../../settings/verbs/azure-place.ts';
import type { KubernetesSettings } from '../../settings/verbs/kubernetes-settings.ts';
import type { EngineName } from '../../settings/verbs/launch-settings.ts';
import type { EngineFacts } from '../engine.ts';

/** How far a launch has come; each stage is recorded before its first step. */
export type Stage =
  /** The volume is being made; nothing of the job has started. */
  | 'preparing'
  /** A container is requested: it may exist, and may not have started. */
  | 'creating'
  /** The start is requested: the job may run. */
  | 'starting'
  /** The job has ended, and everything was taken. */
  | 'ended';

/** A step of a launch. */
export interface LaunchStep {
  /** As the launcher shows it. */
  readonly text: string;
  /** RFC 3339, UTC. */
  readonly at: string;
}

/** `launch.json`: what another process needs to find a launched job again. */
export interface LaunchRecord {
  readonly version: 1;
  readonly key: string;
  readonly engine: EngineName;
  readonly stage: Stage;
  /** The container's name; of a native job: null. */
  readonly container: string | null;
  readonly image: string | null;
  /** The first word of the command: the others may be secret. */
  readonly program: string | null;
  /** The volume, or its mirror. */
  readonly root: string;
  /** Whether the volume is elsewhere, and this is its mirror. */
  readonly elsewhere: boolean;
  /** Whether only its log can be read: `root` is then a volume of this host that has what the log tells. */
  readonly logged?: boolean;
  /** Where the pod is; null, and missing in older records: it is none. */
  readonly cluster?: KubernetesSettings | null;
  /** Where its container group is; missing: it has none. */
  readonly azure?: Pick<AzurePlace, 'subscription' | 'resourceGroup' | 'location'>;
  /** Who makes its pod; missing: the launcher. */
  readonly via?: 'operator';
  /** Which attempt at the job `root` is of; missing: there is only one, or none yet. */
  readonly attempt?: string;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  /** What was waited for before its start, in order; missing: nothing. */
  readonly steps?: readonly LaunchStep[];
  /** RFC 3339, UTC; missing: it has not ended. */
  readonly endedAt?: string;
  /** Whether the job is to be reported to somebody. */
  readonly reports: boolean;
  /** Whether a reporter in its pod reports it; missing in older records: it does not. */
  readonly sidecar?: boolean;
  /** Null until the job has ended. */
  readonly exitCode: number | null;
  readonly verdict: string | null;
  readonly message: string | null;
  /** What the engine knew of a job that failed; null, and missing in older records: nothing. */
  readonly facts?: EngineFacts | null;
  /** The container and the volume are kept on request. */
  readonly kept: boolean;
}

/** Null if there is none, or it cannot be read. */
export function readRecord(file: string): LaunchRecord | null {
  try {
    return JSON.parse(readRegular(file, limits.variablesFileBytes).toString()) as LaunchRecord;
  } catch {
    return null;
  }
}
