import { statSync } from 'node:fs';
import { getuid } from 'node:process';
import type { Environment } from '../../settings/cli/environment.ts';
import { userName } from '../docker/rootless/account-names.ts';
import { lingerCommand } from '../docker/rootless/lingering.ts';
import { type Check, ok, warning } from './check.ts';

/** A rootless podman of this user finds its socket and its state: under cron and sudo it may not. */
export function runtimeDirectoryCheck(environment: Environment): Check {
  const uid = getuid?.() ?? 0;
  const remedy = `export XDG_RUNTIME_DIR=/run/user/${uid}; it is made at login, or always after: ${lingerCommand(uid)}`;
  return {
    name: 'runtime directory',
    remedy,
    examine() {
      if (uid === 0) return ok('not needed: root has its own');
      if (environment.get('CONTAINER_HOST') !== null) return ok('not needed: CONTAINER_HOST is set');
      const directory = environment.get('XDG_RUNTIME_DIR');
      if (directory === null)
        return warning(
          'XDG_RUNTIME_DIR is not set: podman may not find its socket and its containers',
          remedy,
        );
      const found = statSync(directory, { throwIfNoEntry: false });
      if (found?.isDirectory() !== true)
        return warning(`XDG_RUNTIME_DIR: ${directory} does not exist`, remedy);
      if (found.uid !== uid)
        return warning(`XDG_RUNTIME_DIR: ${directory} belongs to ${userName(found.uid)}`, remedy);
      return ok(directory);
    },
  };
}
