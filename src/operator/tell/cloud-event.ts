import { group, type HistoryEntry, type JobResource, statusOfResource } from '../job-resource.ts';
import { jobPath } from '../list-paths.ts';

/** A CloudEvent of one step of a job, as JSON (https://github.com/cloudevents/spec, version 1.0). */
export interface CloudEvent {
  readonly specversion: '1.0';
  /** `<uid>/<attempt>/<phase>/<version>`: the same whenever, and by whomsoever, it is sent. */
  readonly id: string;
  /** The resource's path in its cluster. */
  readonly source: string;
  readonly type: string;
  /** The resource's name. */
  readonly subject: string;
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: Readonly<Record<string, string | number | null>>;
}

/** A step's place in its job: each is later than the one before. */
export function versionOf({ time }: HistoryEntry): number {
  return Date.parse(time);
}

/** The event of a step. Message, exit code and verdict are only known of the newest one. */
export function cloudEvent(job: JobResource, step: HistoryEntry): CloudEvent {
  const { name, namespace, uid } = job.metadata;
  const status = statusOfResource(job);
  const { phase, reason, attempt, time } = step;
  const version = versionOf(step);
  const isNewest = status.phaseHistory.at(-1)?.time === time;
  return {
    specversion: '1.0',
    id: [uid, attempt, phase, version].join('/'),
    source: jobPath({ namespace, name }),
    type: `${group}.job.${phase.toLowerCase()}`,
    subject: name,
    time,
    datacontenttype: 'application/json',
    data: {
      namespace,
      name,
      uid,
      attempt,
      phase,
      reason,
      version,
      jobId: job.spec.multiflexi?.jobId ?? null,
      message: isNewest ? status.message : null,
      exitCode: isNewest ? status.exitCode : null,
      verdict: isNewest ? status.verdict : null,
    },
  };
}
