import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { publish } from '../../../contract/publish.ts';
import type { EngineSetup } from '../../engine.ts';
import type { Endpoint } from '../connection/endpoint.ts';
import { userName } from './account-names.ts';
import { lingerCommand, lingeringOf } from './lingering.ts';

/**
 * Warns that the jobs of a rootless podman end with its user's last session. Once per state directory: whoever starts
 * many jobs has read it.
 */
export function warnOfLogout(endpoint: Endpoint, { state, warn }: EngineSetup): void {
  if (warn === undefined || endpoint.kind !== 'unix') return;
  // The owner of the socket is the engine's user; asking the engine takes time.
  const uid = statSync(endpoint.path, { throwIfNoEntry: false })?.uid ?? 0;
  if (uid === 0 || lingeringOf(uid) !== 'off') return;
  const warned = join(state, 'warned-of-logout');
  if (existsSync(warned)) return;
  publish(warned, '', 0o600);
  warn(
    `podman runs as ${userName(uid)}: systemd will end its jobs when this user has logged out; ` +
      `to keep them running: ${lingerCommand(uid)}`,
  );
}
