import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';

const modules = resolve(import.meta.dirname, 'kwok');

/** What nodes and pods do that kwok simulates. */
export const stagesFile = join(modules, 'stages.yaml');

/**
 * The program kwok, which simulates nodes of a cluster. It is built from Go modules when it is first needed: some minutes, and
 * 2 GB for a while. Only benchmarks need it.
 *
 * @returns its path
 * @throws Error if it cannot be built
 */
export async function kwokProgram(say: (text: string) => void): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'multiflexi-emissary');
  const hash = createHash('sha256').update(await readFile(join(modules, 'go.sum')));
  const program = join(cache, `kwok-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(program)) return program;
  say('Building kwok, once: some minutes …');
  const work = `${program}.${process.pid}`;
  await mkdir(work, { recursive: true });
  const built = join(work, 'kwok');
  try {
    await execa('go', ['build', '-ldflags=-s -w', '-o', built, 'sigs.k8s.io/kwok/cmd/kwok'], {
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
    await rename(built, program);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return program;
}
