import { HoldDirectory } from '../mirror/hold-directory.ts';
import { Sender } from '../mirror/sender.ts';
import { encodingOf } from '../mirror/stream-encoding.ts';
import { expectedContainers } from '../observe/expected-containers.ts';
import { openVolume } from '../observe/open-volume.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { sendSettings } from '../settings/verbs/mirror-settings.ts';
import { JobWatch } from '../wait/job-watch.ts';

/**
 * `emissary send`: sends the volume to its mirror, through an engine's exec.
 * @returns 0 when the receiver has let the volume go
 * @throws Fault `delivery` when the connection has broken, or a newer sender has taken over
 */
export async function send(invocation: Invocation, args: readonly Buffer[]): Promise<number> {
  const { root, encoding } = sendSettings(invocation, args);
  const volume = openVolume(root);
  const expected = await expectedContainers(volume);
  const names = expected.length === 0 ? ['main'] : expected;
  const sender = new Sender(volume, new HoldDirectory(volume), encodingOf(encoding));
  const watch = new JobWatch(volume, names, () => sender.wake());
  try {
    await watch.start();
    await watch.look();
    await sender.run({ names, look: () => watch.lookAtChanged() });
    return 0;
  } finally {
    watch.close();
  }
}
