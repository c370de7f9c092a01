import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pid } from 'node:process';
import { execa } from 'execa';
import { errnoOf, Fault } from '../../base/fault.ts';

/**
 * The program for pods is beside this one, also under the name that a release gives it. Where this one was installed as
 * `init` does it, its bootstrap serves as well.
 */
export function podProgram(own: string): string {
  const beside = join(dirname(own), 'emissary');
  const released = join(dirname(own), basename(own).replace(/^multiflexi-/, ''));
  const installed = join(dirname(own), '../../emissary');
  const path = [beside, released, installed].find((candidate) => candidate !== own && existsSync(candidate));
  if (path !== undefined) return path;
  throw new Fault('usage', `Cannot find the pod program ${beside}; install it beside this program`);
}

/**
 * The directory that containers mount to start the program in any image. It is installed once for each version, not for
 * each job: a copy takes 100 MB and as many ms.
 *
 * @throws Fault `volume`
 */
export async function installedProgram(program: string, state: string): Promise<string> {
  const { size, mtimeMs } = statSync(program);
  const directory = join(state, 'programs', `${size}-${Math.floor(mtimeMs)}`);
  if (existsSync(join(directory, 'emissary'))) return directory;
  const fresh = `${directory}.${pid}.tmp`;
  mkdirSync(dirname(directory), { recursive: true, mode: 0o700 });
  const ended = await execa(program, ['init', '--root', fresh], {
    env: {},
    extendEnv: false,
    cwd: '/',
    reject: false,
  });
  if (ended.exitCode !== 0)
    throw new Fault(
      'volume',
      `Cannot install the program: ${ended.stderr.replace(/^emissary: /, '') || ended.shortMessage}`,
    );
  try {
    renameSync(fresh, directory);
  } catch (error) {
    // Another launch was faster.
    rmSync(fresh, { recursive: true, force: true });
    if (!['ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) throw error;
  }
  return directory;
}
