import { execa } from 'execa';
import { Fault } from '../../../base/fault.ts';
import type { Environment } from '../../../settings/cli/environment.ts';

/**
 * Removes a directory with files of users that a rootless podman has mapped, which only podman can become.
 *
 * @throws Fault `engine`
 */
export async function removeAsPodman(directory: string, environment: Environment): Promise<void> {
  const { exitCode, stderr } = await execa('podman', ['unshare', 'rm', '-rf', '--', directory], {
    env: Object.fromEntries(environment.all()),
    extendEnv: false,
    // Ours may have been removed.
    cwd: '/',
    reject: false,
  });
  if (exitCode !== 0) throw new Fault('engine', `Cannot remove ${directory}: ${stderr.trim()}`);
}
