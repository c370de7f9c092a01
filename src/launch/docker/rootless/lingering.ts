import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { userName } from './account-names.ts';

/** What a user's last logout does to the user's processes and containers. */
export type Lingering =
  /** They go on. */
  | 'on'
  /** systemd ends them (logind.conf(5)). */
  | 'off'
  /** No systemd runs here. */
  | 'no systemd';

/** Whether systemd keeps a user's services without a session, by its own record (loginctl(1), `enable-linger`). */
export function lingeringOf(uid: number): Lingering {
  // sd_booted(3).
  if (!existsSync('/run/systemd/system')) return 'no systemd';
  return existsSync(join('/var/lib/systemd/linger', userName(uid))) ? 'on' : 'off';
}

/**
 * What may have ended jobs of a podman that runs as this user, if nobody has stopped them: a clause about the logout; null:
 * that has not.
 */
export function logoutOf(uid: number): string | null {
  if (uid === 0 || lingeringOf(uid) !== 'off') return null;
  return (
    `podman runs as ${userName(uid)} without lingering: if this user has logged out, systemd has ended its jobs; ` +
    `to keep them running: ${lingerCommand(uid)}`
  );
}

/** The command that switches it on. */
export function lingerCommand(uid: number): string {
  return `loginctl enable-linger ${userName(uid)}`;
}
