import { commandSender } from '../launch/mirror/command-sender.ts';
import { followSender } from '../launch/mirror/follow-sender.ts';
import { Mirror } from '../launch/mirror/mirror.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { mirrorSettings } from '../settings/verbs/mirror-settings.ts';
import { StopRequests } from '../wait/stop-requests.ts';

/**
 * `multiflexi-emissary mirror`: keeps a mirror of a volume that is elsewhere, until the job has ended and all of it is there.
 * @returns 0
 * @throws Fault `volume`, `delivery`
 */
export async function mirror(invocation: Invocation, args: readonly Buffer[]): Promise<number> {
  const settings = mirrorSettings(invocation, args);
  const stopping = new AbortController();
  new StopRequests(invocation.ignored).listen(() => stopping.abort());
  const copy = new Mirror(settings.root, settings.maxBytes);
  try {
    const env = Object.fromEntries(invocation.environment.all());
    await followSender(copy, () => commandSender({ ...settings, env }), stopping.signal);
    return 0;
  } finally {
    copy.close();
  }
}
