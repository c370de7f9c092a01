import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { execa } from 'execa';
import { atEnd } from './at-end.ts';
import { type Engine, engineOf } from './engine.ts';
import { requireProgram, requireRoot } from './require.ts';
import { until } from './until.ts';

/** A Docker daemon of one test's own, whose containers outlive it. */
export interface OwnDocker {
  readonly engine: Engine;
  readonly socket: string;
  /** A path as its machine sees it. */
  pathThere(path: string): string;
  /** TERM, as systemd stops it; resolves when it has ended. */
  stop(): Promise<void>;
  /** Resolves when it answers. */
  start(): Promise<void>;
}

/**
 * Starts one with `--live-restore`. Null after the test was skipped because none can be started here; in CI that is a
 * failure.
 *
 * @param hidden a directory that is empty on the daemon's machine
 */
export async function ownDocker(t: TestContext, hidden: string | null = null): Promise<OwnDocker | null> {
  if (!requireRoot(t) || !['docker', 'dockerd', 'unshare'].every((name) => requireProgram(t, name)))
    return null;
  // A short path: sockets are below it.
  const directory = mkdtempSync(join(tmpdir(), 'own-docker-'));
  atEnd(t, () => rmSync(directory, { recursive: true, force: true, maxRetries: 20 }));
  const socket = join(directory, 'socket');
  const args = [
    ...['--live-restore', '--iptables=false', '--bridge=none', '--host', `unix://${socket}`],
    ...['--pidfile', join(directory, 'pid'), '--data-root', join(directory, 'data')],
    ...['--exec-root', join(directory, 'exec')],
  ];
  const engine = engineOf('docker', { DOCKER_HOST: `unix://${socket}` });
  const hiding = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none "$0"; exec "$@"', hidden ?? ''];
  // In its own mount namespace only where it has to be: its next one would not see the containers' mounts.
  const [file = '', ...words] = [...(hidden === null ? [] : hiding), 'dockerd', ...args];
  const run = () => execa(file, words, { reject: false, stdio: 'ignore' });
  let daemon: ReturnType<typeof run> | null = null;
  const stop = async () => {
    daemon?.kill('SIGTERM');
    await daemon;
  };
  const start = async () => {
    daemon = run();
    await until('dockerd answers', async () => (await engine.run(['info'])).exitCode === 0);
  };
  atEnd(t, async () => {
    // They would go on.
    const { stdout } = await engine.run(['ps', '--all', '--quiet']);
    if (stdout !== '') await engine.run(['rm', '--force', ...stdout.split('\n')]);
    await stop();
    // For its next start, it leaves its directories mounted.
    for (const mount of mountsBelow(directory)) await execa('umount', [mount], { reject: false });
  });
  await start();
  return { engine, socket, pathThere: (path) => `/proc/${daemon?.pid}/root${path}`, stop, start };
}

/** Deepest first. */
function mountsBelow(directory: string): readonly string[] {
  const points = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  return points.filter((point) => point.startsWith(`${directory}/`)).reverse();
}
