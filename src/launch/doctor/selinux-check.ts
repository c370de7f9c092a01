import { existsSync } from 'node:fs';
import { type Check, ok } from './check.ts';
import type { EngineAccess } from './engine-access.ts';

/** Whether directories need a label before a container may use them. */
export function selinuxCheck(access: EngineAccess): Check {
  return {
    name: 'SELinux',
    needs: ['API'],
    remedy: 'look into the log of the engine',
    async examine() {
      if (!existsSync('/sys/fs/selinux/enforce')) return ok('not on this machine');
      const { SecurityOptions } = await access.info();
      const isOn = SecurityOptions?.some((option) => option.includes('selinux')) === true;
      return ok(
        isOn
          ? 'on: launch labels its own directories; label those of --mount with chcon -t container_file_t'
          : 'on, and the engine does not use it: directories need no labels',
      );
    },
  };
}
