import { statSync } from 'node:fs';
import { userName } from '../docker/rootless/account-names.ts';
import { lingerCommand, lingeringOf } from '../docker/rootless/lingering.ts';
import type { IdRange } from '../docker/rootless/podman-info.ts';
import { type Check, type Finding, failed, ok, skipped, warning } from './check.ts';
import type { EngineAccess } from './engine-access.ts';

/** What podman needs where it runs without root's rights. */
export function rootlessChecks(access: EngineAccess): readonly Check[] {
  return [userCheck(access), lingeringCheck(access), controlGroupCheck(access), idCheck(access)];
}

const remedy = 'see podman info';

function userCheck(access: EngineAccess): Check {
  return {
    name: 'user',
    needs: ['API'],
    remedy,
    async examine() {
      const uid = await socketOwner(access);
      const who = uid === null ? '' : `, run by ${userName(uid)} (uid ${uid})`;
      return ok(`${(await access.isRootless()) ? 'rootless' : 'not rootless'}${who}`);
    },
  };
}

/** The engine's user: the owner of its socket; null at another machine. */
async function socketOwner(access: EngineAccess): Promise<number | null> {
  const { endpoint } = await access.locate();
  return endpoint.kind === 'unix' ? statSync(endpoint.path).uid : null;
}

function lingeringCheck(access: EngineAccess): Check {
  return {
    name: 'lingering',
    needs: ['API'],
    remedy,
    async examine() {
      if (!(await access.isRootless())) return ok(unneeded);
      const uid = await socketOwner(access);
      return uid === null ? skipped('the engine is at another machine') : examineLingering(uid);
    },
  };
}

const unneeded = 'not needed: podman is not rootless';

function examineLingering(uid: number): Finding {
  switch (lingeringOf(uid)) {
    case 'on':
      return ok(`on for ${userName(uid)}`);
    case 'off':
      return warning(
        `off for ${userName(uid)}: systemd ends the jobs when this user has logged out`,
        lingerCommand(uid),
      );
    case 'no systemd':
      return ok('not needed: no systemd runs here');
  }
}

/** Controllers that the limits of a job use. */
const controllers = ['cpu', 'memory', 'pids'] as const;

function controlGroupCheck(access: EngineAccess): Check {
  return {
    name: 'control groups',
    needs: ['API'],
    remedy,
    async examine() {
      const { cgroupVersion = '?', cgroupControllers } = (await access.podman()).host;
      const missing = controllers.filter((name) => cgroupControllers?.includes(name) !== true);
      const found = `${cgroupVersion}, with ${(cgroupControllers ?? []).join(', ') || 'no controllers'}`;
      if (missing.length === 0) return ok(found);
      return cgroupVersion === 'v1'
        ? warning(
            `${found}: --cpus and --memory do not work`,
            'boot with control groups v2: systemd.unified_cgroup_hierarchy=1',
          )
        : warning(
            `${found}; ${missing.join(', ')} missing: --cpus or --memory do not work`,
            'put "[Service]" and "Delegate=cpu cpuset io memory pids" into /etc/systemd/system/user@.service.d/delegate.conf, ' +
              'run systemctl daemon-reload, and log in again',
          );
    },
  };
}

function idCheck(access: EngineAccess): Check {
  return {
    name: 'subordinate IDs',
    needs: ['API'],
    remedy,
    async examine() {
      if (!(await access.isRootless())) return ok(unneeded);
      const { uidmap, gidmap } = (await access.podman()).host.idMappings ?? {};
      const [users, groups] = [sizeOf(uidmap), sizeOf(gidmap)];
      if (users > 1 && groups > 1) return ok(`${users} user IDs, ${groups} group IDs`);
      const uid = await socketOwner(access);
      const user = uid === null ? 'USER' : userName(uid);
      return failed(
        `none for ${user} in /etc/subuid or /etc/subgid: most images cannot be unpacked`,
        `apt-get install uidmap; usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${user}; ` +
          'podman system migrate',
      );
    },
  };
}

function sizeOf(ranges: readonly IdRange[] | null | undefined): number {
  return (ranges ?? []).reduce((total, { size }) => total + size, 0);
}
