import type { AttemptPods } from './attempt-pods.ts';
import type { JobDefinitions } from './job-definitions.ts';
import type { JobResource } from './job-resource.ts';
import type { JobWriter } from './job-writer.ts';
import type { ObjectStore } from './object-store.ts';
import type { Telling } from './tell/telling.ts';

/** What reconciling needs. */
export interface Tools {
  readonly jobs: ObjectStore<JobResource>;
  readonly pods: AttemptPods;
  readonly writer: JobWriter;
  readonly definitions: JobDefinitions;
  readonly telling: Telling;
  /** When this operator has begun to work, in ms since 1970: what is older, an earlier one has left. */
  readonly since: () => number;
}
