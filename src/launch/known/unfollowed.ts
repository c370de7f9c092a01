import { Fault } from '../../base/fault.ts';
import { Volume } from '../../contract/volume.ts';
import type { LaunchRecord } from '../state/launch-record.ts';

/** Whether the job runs elsewhere, and what is here of it is not its end: only a launcher could tell more. */
export function isUnfollowed({ elsewhere, logged, stage, root }: LaunchRecord): boolean {
  if (!elsewhere || logged === true || stage !== 'starting') return false;
  try {
    const volume = new Volume(root);
    const isSealed = volume.has('ctr/main/exitcode');
    volume.close();
    return !isSealed;
  } catch {
    return true;
  }
}

/** What to do about it. */
export function unfollowed(): Fault {
  return new Fault(
    'volume',
    'The job runs elsewhere and its launcher is gone: launch it again to follow it; list --clean reports it once it has ended',
  );
}
