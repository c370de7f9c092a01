import { faultStatus } from '../base/fault.ts';
import { log } from '../base/log.ts';
import { requireMounted } from '../contract/require-mounted.ts';
import { HoldTime } from '../mirror/hold-time.ts';
import { VolumeTaken } from '../mirror/volume-taken.ts';
import { expectedContainers } from '../observe/expected-containers.ts';
import { openVolume } from '../observe/open-volume.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { holdSettings } from '../settings/verbs/mirror-settings.ts';
import { hasEnded, JobWatch } from '../wait/job-watch.ts';
import { StopRequests } from '../wait/stop-requests.ts';

/**
 * `emissary hold`: the reporter's main process where the job is reported from elsewhere. Keeps the volume until its receiver
 * has taken everything.
 * @returns 0 when it was taken, 64 when the time was over before
 */
export async function hold(invocation: Invocation, args: readonly Buffer[]): Promise<number> {
  const requests = new StopRequests(invocation.ignored);
  const settings = holdSettings(invocation, args);
  requireMounted(settings.root);
  const volume = openVolume(settings.root);
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const taken = new VolumeTaken(volume, () => resolve(null));
  const expected = await expectedContainers(volume);
  const stop = new HoldTime(settings, resolve);
  const watch: JobWatch = new JobWatch(
    volume,
    expected.length === 0 ? ['main'] : expected,
    () => void lookAtJob(),
  );
  const lookAtJob = async () => {
    const states = await watch.lookAtChanged();
    if ([...states.values()].every(hasEnded)) stop.jobEnded();
  };
  await watch.start();
  await watch.look();
  await lookAtJob();
  requests.listen(() => stop.requested());
  const reason = await promise;
  stop.cancel();
  watch.close();
  taken.close();
  if (reason === null) return 0;
  log(reason);
  return faultStatus.delivery;
}
