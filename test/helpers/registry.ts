import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { execa } from 'execa';
import { atEnd } from './at-end.ts';
import { requireEngine } from './engine.ts';
import { freePort } from './free-port.ts';
import { type Tree, treeAt } from './images.ts';
import { listens } from './listens.ts';
import { requireProgram } from './require.ts';
import { until } from './until.ts';
import { temporaryVolume } from './volume.ts';

/** A registry of this machine, the distribution's own. */
export interface Registry {
  /** Its host and port. */
  readonly host: string;
  /** Pushes an image of a tree with this command; returns its name. */
  push(
    name: string,
    fill: (tree: Tree) => void,
    command: readonly string[],
    entrypoint?: readonly string[],
  ): Promise<string>;
}

/** Who may use a registry that wants a login. */
export const registryLogin = { username: 'alice', password: 's3cret' } as const;
/** The same as `htpasswd -B` writes it. */
const users = 'alice:$2y$05$abcdefghijklmnopqrstuuLK7U1u6pVRmL7L1BBM2aS35PSZnDXlK\n';

/** Null after the test was skipped because a program is missing; in CI that is a failure. */
export async function requireRegistry(
  t: TestContext,
  access: 'public' | 'private' = 'public',
): Promise<Registry | null> {
  const podman = await requireEngine(t, 'podman');
  if (podman === null || !requireProgram(t, 'docker-registry')) return null;
  const directory = temporaryVolume(t);
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const settings = join(directory, 'config.json');
  writeFileSync(join(directory, 'users'), users);
  const auth = { htpasswd: { realm: 'test', path: join(directory, 'users') } };
  writeFileSync(
    settings,
    JSON.stringify({
      version: 0.1,
      storage: { filesystem: { rootdirectory: join(directory, 'images') } },
      http: { addr: host },
      ...(access === 'private' && { auth }),
    }),
  );
  const server = spawn('docker-registry', ['serve', settings], { stdio: 'ignore' });
  atEnd(t, async () => {
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  });
  await until('the registry answers', () => listens(port));
  return {
    host,
    async push(name, fill, command, entrypoint = []) {
      const remote = `${host}/${name}`;
      const tree = temporaryVolume(t);
      fill(treeAt(tree));
      const starts = { CMD: command, ENTRYPOINT: entrypoint };
      const changes = Object.entries(starts).filter(([, words]) => words.length > 0);
      const options = changes.map(([name, words]) => `${name} ${JSON.stringify(words)}`);
      await podman.importTree(tree, remote, options);
      const { env } = podman;
      const creds =
        access === 'private' ? [`--creds=${registryLogin.username}:${registryLogin.password}`] : [];
      await execa('podman', ['push', '--tls-verify=false', ...creds, remote], { env });
      await execa('podman', ['rmi', '--force', remote], { env });
      return remote;
    },
  };
}
