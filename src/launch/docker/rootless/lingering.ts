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

/** The command that switches it on. */
export function lingerCommand(uid: number): string {
  return `loginctl enable-linger ${userName(uid)}`;
}
