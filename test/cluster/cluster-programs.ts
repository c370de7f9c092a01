import { createHash } from 'node:crypto';
import { existsSync, statfsSync } from 'node:fs';
import { glob, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { execa } from 'execa';
import { withLock } from './with-lock.ts';

const modules = resolve(import.meta.dirname, 'programs');
/** What `kube` is called by: it becomes the program of that name. */
const names = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kubectl'];
/** Modules, what the compiler leaves behind, and the programs, bytes. */
const neededBytes = 7 * 2 ** 30;
/** Another process may build them, ms. */
const buildBoundMs = 90 * 60_000;
/** Builds for other branches that are kept. */
const keptBuilds = 3;

/** The directory with the cluster's programs (`kubectl`, `helm`, `kubelet` …); null if they are not built. */
export async function builtPrograms(): Promise<string | null> {
  const version = await goVersion();
  if (version === null) return null;
  const directory = join(cache(), await nameOf(version));
  return existsSync(directory) ? join(directory, 'bin') : null;
}

/**
 * Builds the cluster's programs from Go modules, unless the cache has them: about 10 minutes and 7 GB, of which 220 MB
 * stay. Two processes never build at a time.
 *
 * @returns their directory
 * @throws Error if there is no Go, no space, or the modules cannot be had
 */
export async function buildPrograms(say: (text: string) => void): Promise<string> {
  const version = await goVersion();
  if (version === null) throw new Error('go is not installed: the programs of a cluster are built with it');
  const directory = join(cache(), await nameOf(version));
  await mkdir(cache(), { recursive: true });
  const lock = join(cache(), 'cluster.lock');
  await withLock(lock, 'another build of the cluster ends', buildBoundMs, async () => {
    if (!existsSync(directory)) await buildAs(directory, say);
  });
  return join(directory, 'bin');
}

/** Gives a complete build its name. */
async function buildAs(directory: string, say: (text: string) => void): Promise<void> {
  // Of a build that was killed.
  await removeUnfinished();
  const { bavail, bsize } = statfsSync(cache());
  if (bavail * bsize < neededBytes)
    throw new Error(
      `A build takes ${neededBytes / 2 ** 30} GiB for a while: ${cache()} has not enough space`,
    );
  say('Building the programs of a Kubernetes cluster, once: about 10 minutes …');
  const unfinished = `${directory}.unfinished`;
  try {
    await build(unfinished);
    await rename(unfinished, directory);
  } finally {
    await removeUnfinished();
  }
  await removeOld();
}

async function build(directory: string): Promise<void> {
  const work = join(directory, 'work');
  const bin = join(directory, 'bin');
  const go = async (args: readonly string[]) => {
    await execa('go', args, {
      cwd: modules,
      stdin: 'ignore',
      stdout: 'ignore',
      env: {
        CGO_ENABLED: '0',
        GOMODCACHE: join(work, 'modules'),
        GOCACHE: join(work, 'cache'),
        GOTMPDIR: work,
        // The module cache is removed afterwards.
        GOFLAGS: '-mod=readonly -modcacherw -buildvcs=false',
        GOWORK: 'off',
        // The compiler collects its garbage less often: a quarter faster, for some memory.
        GOGC: '400',
      },
    });
  };
  await mkdir(work, { recursive: true });
  await mkdir(bin);
  // A proxy that refuses once should not cost the build.
  await go(['mod', 'download']).catch(() => go(['mod', 'download']));
  await go([
    'build',
    '-gcflags=all=-dwarf=false',
    `-ldflags=${await linkerFlags()}`,
    '-o',
    bin,
    './kube',
    './helm',
  ]);
  await Promise.all(names.map((name) => symlink('kube', join(bin, name))));
  await rm(work, { recursive: true });
}

/** No debugger's tables, and the version, which a release's build stamps into the programs. */
async function linkerFlags(): Promise<string> {
  const text = await readFile(join(modules, 'go.mod'), 'utf8');
  const [version, major, minor] = /k8s\.io\/kubernetes v(\d+)\.(\d+)\.\d+/.exec(text) ?? [];
  if (version === undefined) throw new Error('go.mod does not require k8s.io/kubernetes');
  const stamps = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((name) => [
    `-X ${name}.gitVersion=${version.split(' ')[1]}`,
    `-X ${name}.gitMajor=${major}`,
    `-X ${name}.gitMinor=${minor}`,
    `-X ${name}.gitTreeState=clean`,
  ]);
  return ['-s', '-w', ...stamps].join(' ');
}

/** `go1.26.1`, with the toolchain that the modules ask for; null: no Go. */
async function goVersion(): Promise<string | null> {
  const { exitCode, stdout } = await execa('go', ['env', 'GOVERSION', 'GOARCH'], {
    cwd: modules,
    reject: false,
  });
  return exitCode === 0 ? stdout : null;
}

/** Named after everything that goes into the build. */
async function nameOf(version: string): Promise<string> {
  const hash = createHash('sha256').update(version);
  const files = [
    ...(await Array.fromAsync(glob(join(modules, '**/*.{mod,sum,go}')))).sort(),
    import.meta.filename,
  ];
  for (const file of files) hash.update(`\0${relative(modules, file)}\0`).update(await readFile(file));
  return `cluster-${hash.digest('hex').slice(0, 16)}`;
}

function cache(): string {
  const home = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(home, 'multiflexi-emissary');
}

async function removeUnfinished(): Promise<void> {
  const all = await readdir(cache());
  const left = all.filter((name) => name.startsWith('cluster-') && name.endsWith('.unfinished'));
  await Promise.all(left.map((name) => rm(join(cache(), name), { recursive: true })));
}

async function removeOld(): Promise<void> {
  const all = (await readdir(cache())).filter((name) => name.startsWith('cluster-'));
  const dated = await Promise.all(
    all.map(async (name) => ({ name, made: (await stat(join(cache(), name))).mtimeMs })),
  );
  const old = dated.sort((a, b) => b.made - a.made).slice(keptBuilds);
  await Promise.all(old.map(({ name }) => rm(join(cache(), name), { recursive: true })));
}
