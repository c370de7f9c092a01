import { Fault } from '../../base/fault.ts';
import type { JobReference } from '../../settings/verbs/job-reference.ts';
import type { LaunchDirectory } from '../state/launch-directory.ts';
import type { LaunchRecord } from '../state/launch-record.ts';
import { StateDirectory } from '../state/state-directory.ts';

/** A job that was launched and is still known here. */
export interface KnownJob {
  readonly directory: LaunchDirectory;
  readonly record: LaunchRecord;
  readonly state: StateDirectory;
}

/** @throws Fault `usage` if there is none */
export function findJob({ state, key, text }: Pick<JobReference, 'state' | 'key' | 'text'>): KnownJob {
  const known = new StateDirectory(state);
  const directory = known.job(key);
  const record = directory.read() ?? known.endOf(key);
  if (record !== null) return { directory, record, state: known };
  throw new Fault(
    'usage',
    `The job ${text} is not known in ${state}: it has been finished, or was launched with another --state; ` +
      'multiflexi-emissary list shows the jobs',
  );
}
