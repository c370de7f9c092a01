import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { withLock } from '../cluster/with-lock.ts';

/** A program that others wrote in Go. */
export interface GoProgram {
  readonly name: string;
  /** The directory of its `go.mod` and `go.sum`. */
  readonly modules: string;
  /** Its package: `sigs.k8s.io/kwok/cmd/kwok`. */
  readonly main: string;
}

/** Another process may build it, ms. */
const buildBoundMs = 60 * 60_000;

/** Where a program is in the cache, or will be. */
export async function goProgramPath({ name, modules }: GoProgram): Promise<string> {
  const hash = createHash('sha256').update(await readFile(join(modules, 'go.sum')));
  return join(cacheDirectory(), `${name}-${hash.digest('hex').slice(0, 16)}`);
}

/**
 * Builds a program, unless the cache has it: some minutes, and 2 GB for a while. Two processes never build one at a time.
 *
 * @param say is told that it is built
 * @returns its path
 * @throws Error if it cannot be built
 */
export async function goProgram(program: GoProgram, say: (text: string) => void): Promise<string> {
  const path = await goProgramPath(program);
  const { name } = program;
  await mkdir(cacheDirectory(), { recursive: true });
  const lock = join(cacheDirectory(), `${name}.lock`);
  await withLock(lock, `another build of ${name} ends`, buildBoundMs, async () => {
    if (existsSync(path)) return;
    say(`Building ${name}, once: some minutes …`);
    await build(program, path);
  });
  return path;
}

function cacheDirectory(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'multiflexi-emissary');
}

async function build({ name, modules, main }: GoProgram, path: string): Promise<void> {
  const work = `${path}.work`;
  // Of a build that was killed.
  await rm(work, { recursive: true, force: true });
  await mkdir(work);
  const built = join(work, name);
  try {
    await execa('go', ['build', '-ldflags=-s -w', '-o', built, main], {
      cwd: modules,
      stdin: 'ignore',
      env: {
        CGO_ENABLED: '0',
        GOMODCACHE: join(work, 'modules'),
        GOCACHE: join(work, 'cache'),
        GOFLAGS: '-mod=readonly -modcacherw -buildvcs=false',
        GOWORK: 'off',
        GOGC: '400',
      },
    });
    await rename(built, path);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
