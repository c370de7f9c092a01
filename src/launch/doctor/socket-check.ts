import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { getuid } from 'node:process';
import { errorReason, readReasons } from '../../base/error-reason.ts';
import { errnoOf } from '../../base/fault.ts';
import { groupName, userName } from '../docker/rootless/account-names.ts';
import { type Check, type Finding, failed, ok } from './check.ts';
import type { EngineAccess } from './engine-access.ts';

/** This user may use the engine's socket. */
export function socketCheck(access: EngineAccess): Check {
  return {
    name: 'socket',
    needs: ['address'],
    remedy: startAdvice(access.name),
    async examine() {
      const { endpoint } = await access.locate();
      return endpoint.kind === 'unix'
        ? examineSocket(endpoint.path, access.name)
        : ok('not needed: the engine is at another machine');
    },
  };
}

/** How an engine is started. */
export function startAdvice(name: 'docker' | 'podman'): string {
  return name === 'docker'
    ? 'start it, or restart it if it hangs: systemctl restart docker; or set DOCKER_HOST to its address'
    : 'start it, or restart it if it hangs: systemctl --user restart podman.socket (as root without --user); or unset CONTAINER_HOST';
}

function examineSocket(path: string, name: 'docker' | 'podman'): Finding {
  let socket: Stats;
  try {
    socket = statSync(path);
  } catch (error) {
    return errnoOf(error) === 'ENOENT'
      ? failed(`${path} does not exist`, startAdvice(name))
      : failed(`${path}: ${errorReason(error, readReasons)}`, otherEngine(name));
  }
  if (!socket.isSocket()) return failed(`${path} is not a socket`, startAdvice(name));
  const rights = `${userName(socket.uid)}:${groupName(socket.gid)} ${(socket.mode & 0o777).toString(8)}`;
  const user = userName(getuid?.() ?? 0);
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return ok(`${user} may use it (${rights})`);
  } catch {
    return failed(`${user} may not use it (${rights})`, rightsAdvice(socket, user, name));
  }
}

function rightsAdvice({ mode, gid }: Stats, user: string, name: 'docker' | 'podman'): string {
  // Both bits: a client reads and writes.
  const isForGroup = (mode & 0o060) === 0o060 && gid !== 0;
  return isForGroup
    ? `usermod -aG ${groupName(gid)} ${user}, and log in again (the group has root's rights); or ${otherEngine(name)}`
    : otherEngine(name);
}

function otherEngine(name: 'docker' | 'podman'): string {
  return name === 'docker'
    ? 'run this program as root, or use a rootless engine: --engine podman'
    : "run this program as the engine's user, or unset CONTAINER_HOST to use this user's own podman";
}
