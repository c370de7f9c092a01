import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { execa } from 'execa';
import { debianMirror } from './debian-mirror.ts';
import { temporaryVolume } from './volume.ts';

/** A Debian system of its own. */
export interface DebianRoot {
  readonly directory: string;
  /** Runs a shell script in it as root, with nothing on standard input; `--` and arguments may follow. */
  run(
    script: string,
  ): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }>;
}

const boundMs = 600_000;

/**
 * A copy of a minimal Debian of the machine's own release, with these packages. The original is made once, by
 * debootstrap, from the machine's own mirror. Needs root.
 */
export async function debianRoot(t: TestContext, packages: readonly string[]): Promise<DebianRoot> {
  const original = await bootstrapped(packages);
  const directory = join(temporaryVolume(t), 'debian');
  await execa('cp', ['--archive', '--reflink=auto', original, directory]);
  return {
    directory,
    async run(script) {
      const own = ['--mount', '--pid', '--fork', '--kill-child', `--root=${directory}`, '--mount-proc'];
      const { exitCode, stdout, stderr } = await execa('unshare', [...own, 'sh', '-c', script], {
        extendEnv: false,
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' },
        stdin: 'ignore',
        reject: false,
        timeout: boundMs,
      });
      return { exitCode: exitCode ?? -1, stdout, stderr };
    },
  };
}

async function bootstrapped(packages: readonly string[]): Promise<string> {
  const release = /^VERSION_CODENAME=(\w+)/m.exec(await readFile('/etc/os-release', 'utf8'))?.[1];
  if (release === undefined) throw new Error('/etc/os-release names no release of a distribution');
  const place = resolve('dist/debian-root', [release, ...packages].join('+'));
  const isThere = await readFile(join(place, 'etc/os-release')).then(
    () => true,
    () => false,
  );
  if (isThere) return place;
  const partial = `${place}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const options = ['--variant=minbase', `--include=${packages.join(',')}`];
  await execa('debootstrap', [...options, release, partial, await debianMirror()], { timeout: boundMs });
  await rm(join(partial, 'var/cache/apt/archives'), { recursive: true });
  await rename(partial, place);
  return place;
}
