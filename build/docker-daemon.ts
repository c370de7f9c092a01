import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';

/** A Docker daemon of the test run's own. */
export interface DockerDaemon {
  /** For DOCKER_HOST. */
  readonly host: string;
  stop(): Promise<void>;
}

const startBoundMs = 180_000;
const answerBoundMs = 30_000;
const pauseMs = 100;

/**
 * Starts a Docker daemon with its own socket and images, where there is none that answers and we may (root, dockerd
 * installed). It touches no firewall and no bridge, so containers run with `--network none`.
 *
 * @returns null where an engine answers already, or none can be had; the container tests then say so
 */
export async function startDockerDaemon(): Promise<DockerDaemon | null> {
  if (await answers(process.env['DOCKER_HOST'])) return null;
  if (process.getuid?.() !== 0 || (await execa('dockerd', ['--version'], { reject: false })).exitCode !== 0)
    return null;
  const directory = await mkdtemp(join(tmpdir(), 'emissary-docker-'));
  const host = `unix://${directory}/socket`;
  // A file, not a pipe: a bench that waits synchronously reads no pipe, and a daemon whose pipe is full stands still.
  const file = await open(`${directory}/log`, 'w');
  const log = file.createWriteStream();
  const daemon = execa(
    'dockerd',
    [
      ...['--iptables=false', '--bridge=none', '--host', host, '--pidfile', `${directory}/pid`],
      ...['--data-root', `${directory}/data`, '--exec-root', `${directory}/exec`],
    ],
    { reject: false, cleanup: true, stdin: 'ignore', stdout: log, stderr: log },
  );
  const stop = async () => {
    daemon.kill('SIGTERM');
    await daemon;
    await file.close();
    // A mount of the last container may be busy for a moment.
    await rm(directory, { recursive: true, force: true, maxRetries: 20 });
  };
  const end = performance.now() + startBoundMs;
  while (!(await answers(host))) {
    if (daemon.exitCode !== null || performance.now() > end) {
      const said = await readFile(`${directory}/log`, 'utf8');
      await stop();
      process.stderr.write(`dockerd did not start:\n${said.split('\n').slice(-5).join('\n')}\n`);
      return null;
    }
    await pause(pauseMs);
  }
  return { host, stop };
}

async function answers(host: string | undefined): Promise<boolean> {
  const { exitCode } = await execa('docker', ['info'], {
    reject: false,
    timeout: answerBoundMs,
    ...(host !== undefined && { env: { DOCKER_HOST: host } }),
  });
  return exitCode === 0;
}
