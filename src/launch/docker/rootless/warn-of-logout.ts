import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { publish } from '../../../contract/publish.ts';
import type { EngineSetup } from '../../engine.ts';
import { userName } from './account-names.ts';
import { lingerCommand, lingeringOf } from './lingering.ts';

/**
 * Warns that the jobs of a rootless podman end with its user's last session. Once per state directory: whoever starts
 * many jobs has read it.
 *
 * @param uid whose podman it is
 */
export function warnOfLogout(uid: number, { state, warn }: EngineSetup): void {
  if (warn === undefined || uid === 0 || lingeringOf(uid) !== 'off') return;
  const warned = join(state, 'warned-of-logout');
  if (existsSync(warned)) return;
  publish(warned, '', 0o600);
  warn(
    `podman runs as ${userName(uid)}: systemd will end its jobs when this user has logged out; ` +
      `to keep them running: ${lingerCommand(uid)}`,
  );
}
