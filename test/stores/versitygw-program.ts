import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { withLock } from '../cluster/with-lock.ts';

const modules = resolve(import.meta.dirname, 'versitygw');
/** Another process may build it, ms. */
const buildBoundMs = 60 * 60_000;

/** Where the program versitygw is, a server with S3's API, or will be. */
export async function versitygwPath(): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'multiflexi-emissary');
  const hash = createHash('sha256').update(await readFile(join(modules, 'go.sum')));
  return join(cache, `versitygw-${hash.digest('hex').slice(0, 16)}`);
}

/**
 * Builds it from Go modules, unless the cache has it: some minutes, and 2 GB for a while. Two processes never build at a
 * time.
 *
 * @returns its path
 * @throws Error if it cannot be built
 */
export async function versitygwProgram(): Promise<string> {
  const program = await versitygwPath();
  const cache = resolve(program, '..');
  await mkdir(cache, { recursive: true });
  await withLock(join(cache, 'versitygw.lock'), 'another build of versitygw ends', buildBoundMs, async () => {
    if (!existsSync(program)) await build(program);
  });
  return program;
}

async function build(program: string): Promise<void> {
  const work = `${program}.work`;
  // Of a build that was killed.
  await rm(work, { recursive: true, force: true });
  await mkdir(work);
  const built = join(work, 'versitygw');
  try {
    await execa(
      'go',
      ['build', '-ldflags=-s -w', '-o', built, 'github.com/versity/versitygw/cmd/versitygw'],
      {
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
      },
    );
    await rename(built, program);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
