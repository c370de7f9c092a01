import { printable } from '../../../base/printable.ts';
import type { ApiObject, Cluster } from '../api/cluster.ts';
import { objectStates, readObject } from '../watch-object.ts';

/** The group and the version of the resource. */
export const jobVersion = 'emissary.multiflexi.eu/v1alpha1';

/** What an operator has written about a job, as far as a launcher needs it. */
export interface EmissaryJobStatus {
  readonly phase?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly podName?: string;
  readonly podUid?: string;
  readonly exitCode?: number;
  readonly verdict?: string;
  readonly startTime?: string;
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
  }[];
}

/** A job as a resource, as far as a launcher needs it. */
export interface EmissaryJob {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly suspend?: boolean };
  readonly status?: EmissaryJobStatus;
}

/** The path of the resources of the namespace, or of one. */
export function jobPath({ namespace }: Cluster, name = ''): string {
  const list = `/apis/${jobVersion}/namespaces/${encodeURIComponent(namespace)}/emissaryjobs`;
  return name === '' ? list : `${list}/${encodeURIComponent(name)}`;
}

/** A resource's states, from now on: null where it is not there. @throws as `objectStates` */
export function jobStates(
  cluster: Cluster,
  name: string,
  of: { readonly signal: AbortSignal; readonly silent: (reason: string) => void },
): AsyncGenerator<EmissaryJob | null> {
  const place = { list: jobPath(cluster), name, kind: 'EmissaryJob' };
  return objectStates(
    cluster,
    place,
    of,
  ) as AsyncGenerator<ApiObject | null> as AsyncGenerator<EmissaryJob | null>;
}

/** The resource as it is now; null where it is not there. @throws ApiError; the runtime's error */
export async function readJob(
  cluster: Cluster,
  name: string,
  signal: AbortSignal,
): Promise<EmissaryJob | null> {
  const place = { list: jobPath(cluster), name, kind: 'EmissaryJob' };
  return (await readObject(cluster, place, signal)) as EmissaryJob | null;
}

/** Whether its operator has written how the job ended: that stays. */
export function hasEnded({ status }: EmissaryJob): boolean {
  return ['Succeeded', 'Failed', 'Aborted', 'TimedOut'].includes(status?.phase ?? '');
}

/** Whether the job's command was ever started, as far as its operator knows. */
export function hasBegun({ status }: EmissaryJob): boolean {
  return typeof status?.startTime === 'string' || typeof status?.exitCode === 'number';
}

/** Why a job is where it is: one clause. */
export function reasonOf({ status }: EmissaryJob): string {
  const { reason = '', message = '' } = status ?? {};
  return printable(message || reason || 'its operator does not tell why');
}
